using Engine.Protocol.Records;
using Harness.Load.Content;
using Harness.Load.Sent;

namespace Harness.Load.Producing;

/// <summary>One batch from its first record to its answer, with the memory it is encoded in. Reused.</summary>
internal sealed class OutgoingBatch
{
    /// <summary>Room before the batch, where the request's head is written so that both leave as one piece.</summary>
    public const int HeadRoom = 1024;

    private const int TailRoom = 16;

    private readonly BatchBuilder _builder = new();
    private readonly TemplateEncoder? _template;
    private readonly int _maxBytes;
    private long[] _intended = new long[256];

    /// <param name="maxBytes">The largest batch, its header included.</param>
    /// <param name="template">What to encode once and send again and again; null to encode every record.</param>
    public OutgoingBatch(int maxBytes, StreamRecords? template)
    {
        _maxBytes = maxBytes;
        Buffer = GC.AllocateUninitializedArray<byte>(HeadRoom + maxBytes + TailRoom, pinned: true);
        _template = template is null ? null : new(Buffer, HeadRoom, maxBytes, template);
    }

    public byte[] Buffer { get; }

    public SentStream Stream { get; private set; } = null!;

    /// <summary>The first record's number in its stream.</summary>
    public long FirstNumber { get; private set; }

    public int Count => _template?.Count ?? _builder.Count;

    /// <summary>Of the batch, its header included.</summary>
    public int SizeBytes => _template?.SizeBytes ?? _builder.SizeBytes;

    public int RemainingBytes => _maxBytes - SizeBytes;

    /// <summary>Keys and values.</summary>
    public long PayloadBytes { get; private set; }

    /// <summary>The records' intended send times in order.</summary>
    public ReadOnlySpan<long> Intended => _intended.AsSpan(0, Count);

    public long FirstIntended => _intended[0];

    public long LastIntended => _intended[Count - 1];

    /// <summary>When it should be sent: when its last record is due if it is full, else when its linger is over.</summary>
    public long Due { get; set; }

    /// <summary>How often it was sent.</summary>
    public int Attempts { get; set; }

    /// <summary>When it was sent first.</summary>
    public long FirstSentAt { get; set; }

    /// <summary>Whether an attempt ended such that the leader may have stored it.</summary>
    public bool MayBeStored { get; set; }

    /// <summary>Whether another record of the mean size of those that are in would not fit.</summary>
    public bool IsFull => (long)RemainingBytes * Count < SizeBytes - BatchHeader.Size;

    public void Begin(SentStream stream, long timestampMs)
    {
        Stream = stream;
        FirstNumber = stream.Encoded;
        PayloadBytes = 0;
        (Attempts, MayBeStored) = (0, false);
        if (_template is null) _builder.Begin(Buffer, HeadRoom, _maxBytes, timestampMs);
        else _template.Begin(timestampMs);
    }

    /// <summary>Encodes the stream's next record; false when it does not fit.</summary>
    public bool TryAppend(long intended, long timestampMs)
    {
        if (!TryEncode(timestampMs, out var payload)) return false;

        Stream.Encoded++;
        PayloadBytes += payload;
        if (Count > _intended.Length) Array.Resize(ref _intended, _intended.Length * 2);
        _intended[Count - 1] = intended;
        return true;
    }

    /// <summary>Completes the batch; gives its size.</summary>
    public int Finish(long producerId, short producerEpoch, int baseSequence) => _template is null
        ? _builder.Finish(producerId, producerEpoch, baseSequence)
        : _template.Finish(producerId, producerEpoch, baseSequence);

    /// <summary>Puts what goes over the wire before the batch; gives the place in the buffer where it begins.</summary>
    public int Prepend(ReadOnlySpan<byte> head)
    {
        head.CopyTo(Buffer.AsSpan(HeadRoom - head.Length));
        return HeadRoom - head.Length;
    }

    /// <summary>Puts what goes over the wire after the batch; gives the place in the buffer where it ends.</summary>
    public int Append(ReadOnlySpan<byte> tail)
    {
        tail.CopyTo(Buffer.AsSpan(HeadRoom + SizeBytes));
        return HeadRoom + SizeBytes + tail.Length;
    }

    private bool TryEncode(long timestampMs, out int payload)
    {
        var records = Stream.Records;
        if (_template is not null)
        {
            payload = records.Value(_template.Count).Length;
            return _template.TryAppend();
        }

        var value = records.Value(Stream.Encoded);
        if (!records.HasKeys)
        {
            payload = value.Length;
            return _builder.TryAppend(timestampMs, value);
        }

        var key = records.Key(Stream.Encoded);
        payload = key.Length + value.Length;
        return _builder.TryAppend(timestampMs, key, value);
    }
}
