using Engine.Broker.Partitions;
using Engine.Broker.Waiting;
using Engine.Core;
using Engine.Core.Acks;
using Engine.Protocol.Messages;
using Engine.Protocol.Records;
using Engine.Protocol.Wire;
using Engine.Storage;

namespace Engine.Broker.Handlers;

/// <summary>One produce request, from its bytes to its answer. Pooled; allocates nothing after warm-up.</summary>
internal sealed class ProduceOperation(ProduceHandler owner) : OffsetWait
{
    private readonly ProduceRequest _request = new();
    private readonly ProduceResponse _response = new();
    private readonly WireBuffer _frame = new();
    private readonly WireBuffer _topicNames = new();
    private readonly List<Part> _parts = [];
    private Connection _connection = null!;
    private Answer _answer = null!;
    private IAckRule? _acks;
    private RequestHeader _header;

    protected override bool AnyWakes => false;

    /// <summary>Appends the request's batches, which lie in <paramref name="frame"/> and are patched there, and waits as its acks ask.</summary>
    public void Start(Connection connection, in RequestHeader header, ref WireReader body, Span<byte> frame)
    {
        (_connection, _header) = (connection, header);
        _request.Read(ref body, header.Version);
        _acks = owner.Acks.For(_request.Acks);
        foreach (ref readonly var asked in _request.Partitions) _parts.Add(Append(asked, frame));

        if (_request.Acks == 0)
        {
            // Nobody listens for an error; a closed connection is the only thing such a producer notices.
            if (_parts.Exists(part => part.Outcome.Error != ErrorCode.None)) connection.Close();
            Recycle();
            return;
        }

        _answer = connection.Expect();
        Wait();
    }

    protected override void Completed(bool expired)
    {
        owner.Deadlines.Cancel(this);
        _response.Clear();
        // Asked again: what was appended before a pause may be answered after it, when another leads.
        var mayVouch = owner.Session.IsHeld;
        for (var i = 0; i < _parts.Count; i++)
        {
            var part = _parts[i];
            if (expired) part.Partition?.Unwatch(this);
            var error = part.Outcome.Error != ErrorCode.None ? part.Outcome.Error
                : !mayVouch ? ErrorCode.NotLeaderOrFollower
                : part.Partition!.Answer(_acks!, part.Outcome);
            _response.Add(
                _topicNames.Written.Slice(part.TopicStart, part.TopicLength), part.TopicIndex, part.PartitionIndex, error,
                error == ErrorCode.None ? part.Outcome.BaseOffset : -1, logAppendTimeMs: -1, part.Outcome.LogStartOffset, part.Problem);
        }

        _frame.Clear();
        var writer = new WireWriter(_frame);
        var start = Frame.Begin(ref writer);
        ResponseHeader.Write(ref writer, ApiKey.Produce, _header.Version, _header.CorrelationId);
        _response.Write(ref writer, _header.Version);
        Frame.End(ref writer, start);

        var (connection, answer) = (_connection, _answer);
        answer.Add(_frame);
        Recycle();
        connection.Complete(answer);
    }

    private Part Append(in ProducePartition asked, Span<byte> frame)
    {
        var topic = frame.Slice(asked.TopicStart, asked.TopicLength);
        var nameStart = _topicNames.Length;
        new WireWriter(_topicNames).WriteRaw(topic);
        var part = new Part(asked.TopicIndex, nameStart, asked.TopicLength, asked.Partition);

        if (_acks is null) return part.Failed(ErrorCode.InvalidRequiredAcks, "acks is 0, 1 or -1 (all)");
        if (_request.TransactionalId is not null) return part.Failed(ErrorCode.TransactionalIdAuthorizationFailed, "transactions are not supported");
        if (owner.Partitions.Find(topic, asked.Partition) is not { } partition) return part.Failed(ErrorCode.UnknownTopicOrPartition);
        if (!owner.Session.IsHeld) return part.Failed(ErrorCode.NotLeaderOrFollower, "this node may have been replaced as the leader");
        if (asked.RecordsLength < 0) return part.Failed(ErrorCode.InvalidRecord, "the partition's records are null");

        var batch = frame.Slice(asked.RecordsStart, asked.RecordsLength);
        var limits = partition.Settings.LimitsAt(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        if (partition.Settings.Check.Check(batch, limits, out var problem) is not ErrorCode.None and var unsound)
            return part.Failed(unsound, problem);
        if (new BatchHeader(batch) is { Codec: CompressionCodec.Zstd } && _header.Version < 7)
            return part.Failed(ErrorCode.UnsupportedCompressionType, "zstd needs produce version 7");

        try
        {
            return part with { Partition = partition, Outcome = partition.Produce(batch, _acks) };
        }
        catch (LogOfflineException)
        {
            return part.Failed(ErrorCode.KafkaStorageError, "the partition's log is offline after an I/O error");
        }
    }

    private void Wait()
    {
        var token = Arm(_parts.Count + 1);
        var watching = false;
        if (_acks?.AnswerAt is { } progress)
        {
            foreach (var part in _parts)
            {
                if (part.Outcome.Error == ErrorCode.None && part.Partition!.Watch(this, token, progress, part.Outcome.EndOffset)) watching = true;
                else Reached(token);
            }
        }
        else
        {
            foreach (var _ in _parts) Reached(token);
        }

        if (watching) owner.Deadlines.Add(this, token, TimeSpan.FromMilliseconds(Math.Max(0, _request.TimeoutMs)));
        Reached(token); // the one armed for beyond the parts: an empty request is answered too
        Release(token);
    }

    private void Recycle()
    {
        _parts.Clear();
        _topicNames.Clear();
        (_connection, _answer, _acks) = (null!, null!, null);
        owner.Operations.Return(this);
    }

    private readonly record struct Part(int TopicIndex, int TopicStart, int TopicLength, int PartitionIndex)
    {
        public Partition? Partition { get; init; }

        public ProduceOutcome Outcome { get; init; }

        public string? Problem { get; init; }

        public Part Failed(ErrorCode error, string? problem = null) =>
            this with { Outcome = ProduceOutcome.Failed(error), Problem = problem };
    }
}
