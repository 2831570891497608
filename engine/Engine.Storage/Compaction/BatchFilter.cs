using System.Buffers.Binary;
using Engine.Core.Memory;
using Engine.Protocol.Records;
using Engine.Protocol.Records.Compression;
using Engine.Protocol.Wire;

namespace Engine.Storage.Compaction;

/// <summary>Decides what compaction leaves of each batch of a log, in order from its beginning.</summary>
/// <remarks>
/// A record goes when a later one has its key, a deletion also once it was kept long enough. Offsets, sequence numbers and
/// what a batch spans never change, so followers, producers and positions agree as before. What cannot be read stays as it is.
/// </remarks>
/// <param name="latest">The last offset of each key in the stretch that is new.</param>
/// <param name="latestEnd">Where that stretch ends: what lies behind stays.</param>
/// <param name="producerEnds">Each producer's last offset.</param>
internal sealed class BatchFilter(
    KeyMap latest, long latestEnd, IReadOnlyDictionary<long, long> producerEnds, CompactionOptions options, long unixMilliseconds) : IDisposable
{
    // A batch of the usual 1 MiB would have to be packed to a 256th to come up to this.
    private const int MaxUnpackedBytes = 256 << 20;

    private Block _output = BlockPool.Shared.Rent(1 << 16);
    private bool[] _stays = new bool[256];
    private bool _hasUnread;

    public long RecordsRemoved { get; private set; }

    public long BatchesUnread { get; private set; }

    /// <summary>The bytes to keep in the batch's place: itself, less of it, or nothing. Valid until the next call.</summary>
    /// <param name="batch">A whole, sound batch.</param>
    /// <param name="mustStay">Keep at least its header, which tells where the segment ends.</param>
    public ReadOnlySpan<byte> Apply(ReadOnlySpan<byte> batch, bool mustStay)
    {
        var header = new BatchHeader(batch);
        mustStay |= IsProducersLast(header);
        if (header.IsControl) return batch;
        if (header.RecordCount == 0) return mustStay ? batch : default;
        if (!RecordsOf(batch, out var records, out var unpacked)) return Unread(batch);

        using (unpacked)
        {
            if (!Choose(header, records, out var stay, out var maxTimestamp, out var hasDeletions)) return Unread(batch);

            RecordsRemoved += header.RecordCount - stay;
            if (stay == 0) return mustStay ? Rewrite(header, records, 0, header.MaxTimestamp, null) : default;

            // Only what all earlier records of its key are now gone for may begin to count down.
            var horizon = hasDeletions && !header.HasDeleteHorizon && header.LastOffset < latestEnd
                ? unixMilliseconds + (long)options.DeleteRetention.TotalMilliseconds : (long?)null;
            return stay == header.RecordCount && horizon is null ? batch
                : Rewrite(header, records, stay, header.IsStampedByBroker ? header.MaxTimestamp : maxTimestamp, horizon);
        }
    }

    public void Dispose() => _output.Dispose();

    /// <summary>The batch's records without their compression; false when this cannot be undone here.</summary>
    /// <param name="unpacked">What they are in if not in the batch: the caller's to return.</param>
    public static bool RecordsOf(ReadOnlySpan<byte> batch, out ReadOnlySpan<byte> records, out Block? unpacked)
    {
        unpacked = null;
        records = batch[BatchHeader.Size..];
        var codec = new BatchHeader(batch).Codec;
        if (codec == CompressionCodec.None) return true;
        if (Unpacking.Unpack(codec, records, MaxUnpackedBytes, out unpacked, out var length) != UnpackOutcome.Done) return false;

        records = unpacked!.Bytes.AsSpan(0, length);
        return true;
    }

    private ReadOnlySpan<byte> Unread(ReadOnlySpan<byte> batch)
    {
        // It may hold a value that a later deletion hides: from here on none is removed.
        _hasUnread = true;
        BatchesUnread++;
        return batch;
    }

    private bool IsProducersLast(in BatchHeader header) =>
        producerEnds.TryGetValue(header.ProducerId, out var end) && end == header.LastOffset
        && unixMilliseconds - header.MaxTimestamp <= options.ProducerExpiry.TotalMilliseconds;

    /// <summary>Marks the records that stay; false when they are not sound.</summary>
    private bool Choose(in BatchHeader header, ReadOnlySpan<byte> records, out int stay, out long maxTimestamp, out bool hasDeletions)
    {
        var removesDeletions = header.HasDeleteHorizon && header.BaseTimestamp <= unixMilliseconds && header.LastOffset < latestEnd && !_hasUnread;
        var walk = new RawRecords(records, header.RecordCount);
        var number = 0;
        (stay, maxTimestamp, hasDeletions) = (0, -1, false);
        while (walk.MoveNext())
        {
            var record = walk.Current;
            // One without a key belongs to nothing that could replace it.
            var stays = !record.HasKey || (latest.LastOffset(KeyHash.OfThisProcess.Compute(record.Key)) <= header.BaseOffset + record.OffsetDelta
                && (record.HasValue || !removesDeletions));
            if (number == _stays.Length) Array.Resize(ref _stays, number * 2);
            _stays[number++] = stays;
            if (!stays) continue;

            stay++;
            maxTimestamp = Math.Max(maxTimestamp, header.BaseTimestamp + record.TimestampDelta);
            hasDeletions |= record.HasKey && !record.HasValue;
        }

        return walk.IsSound;
    }

    private ReadOnlySpan<byte> Rewrite(scoped in BatchHeader header, scoped ReadOnlySpan<byte> records, int stay, long maxTimestamp, long? horizon)
    {
        // Another base time can make each record's delta, and with it its length, a few bytes longer.
        var room = BatchHeader.Size + records.Length + (horizon is null ? 0 : 16 * header.RecordCount);
        if (room > _output.Bytes.Length)
        {
            _output.Dispose();
            _output = BlockPool.Shared.Rent(room);
        }

        var bytes = _output.Bytes.AsSpan();
        var position = BatchHeader.Size;
        var baseTimestamp = horizon ?? header.BaseTimestamp;
        var walk = new RawRecords(records, stay == 0 ? 0 : header.RecordCount);
        for (var number = 0; walk.MoveNext(); number++)
        {
            if (!_stays[number]) continue;

            var record = walk.Current;
            if (horizon is null) record.Bytes.CopyTo(bytes[position..]);
            position += horizon is null ? record.Bytes.Length
                : record.CopyTo(bytes[position..], header.BaseTimestamp + record.TimestampDelta - baseTimestamp);
        }

        header.CopyTo(bytes);
        BinaryPrimitives.WriteInt32BigEndian(bytes[8..], position - BatchHeader.LengthOverhead);
        var attributes = header.Attributes & ~CodecMask;
        BinaryPrimitives.WriteInt16BigEndian(bytes[BatchHeader.ChecksummedFrom..], (short)(horizon is null ? attributes : attributes | BatchHeader.DeleteHorizonFlag));
        BinaryPrimitives.WriteInt64BigEndian(bytes[27..], baseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(bytes[35..], maxTimestamp);
        BinaryPrimitives.WriteInt32BigEndian(bytes[57..], stay);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[BatchHeader.CrcOffset..], Crc32C.Compute(bytes[BatchHeader.ChecksummedFrom..position]));
        return bytes[..position];
    }

    // Rewritten records are not packed again: what is left of a batch is mostly too little to gain by it.
    private const int CodecMask = 0x7;
}
