using Engine.Broker.Network;
using Engine.Broker.Partitions;
using Engine.Broker.Replication;
using Engine.Broker.Waiting;
using Engine.Core;
using Engine.Core.Acks;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;

namespace Engine.Broker.Handlers;

/// <summary>One fetch request: looks, waits while there is too little to send, looks again. Pooled; allocates nothing after warm-up.</summary>
/// <remarks>
/// It looks on whichever thread brought it here, which serves others too, so that look does not wait for the disk. Where it
/// would have to, another is taken on a disk thread. The records' bytes themselves are mostly not touched here but when they
/// are sent, where the transport takes the same care.
/// </remarks>
internal sealed class FetchOperation(FetchHandler owner) : OffsetWait, IDiskWork
{
    // What a disk thread adds to an answer: others wait for the thread, and some strategies read all of it there.
    private const int MostColdBytes = 4 << 20;

    private readonly FetchRequest _request = new();
    private readonly WireBuffer _body = new(); // the request's own bytes: its frame is gone once the wait begins
    private readonly WireBuffer _framing = new();
    private readonly List<Partition?> _partitions = [];
    private readonly List<FetchOutcome> _outcomes = [];
    private readonly List<int> _gaps = [];
    private Connection _connection = null!;
    private Answer _answer = null!;
    private RequestHeader _header;
    private Instant _deadline;
    private bool _refused;
    private int _replicaId;
    private bool _expired;

    protected override bool AnyWakes => true;

    public void Start(Connection connection, in RequestHeader header, ReadOnlySpan<byte> body)
    {
        (_connection, _header) = (connection, header);
        _body.Clear();
        new WireWriter(_body).WriteRaw(body);
        var reader = new WireReader(_body.Written);
        _request.Read(ref reader, header.Version);
        // A replica's fetch acknowledges records: taken from brokers only (CVE-2018-1288 is what happens otherwise).
        _refused = _request.ReplicaId >= 0 && connection.Listener != ListenerKind.InterBroker;
        // As is one that reads from a replica whoever leads: for clients it is one like any other consumer's.
        _replicaId = _request.ReplicaId == Mending.AnyReplica && connection.Listener != ListenerKind.InterBroker ? -1 : _request.ReplicaId;
        _deadline = MonotonicClock.Now + TimeSpan.FromMilliseconds(Math.Max(0, _request.MaxWaitMs));
        foreach (ref readonly var asked in _request.Partitions)
            _partitions.Add(owner.Partitions.Find(_body.Written.Slice(asked.TopicStart, asked.TopicLength), asked.Partition));

        _answer = connection.Expect();
        LookOrWait(expired: _request.MaxWaitMs <= 0);
    }

    protected override void Completed(bool expired)
    {
        owner.Deadlines.Cancel(this);
        foreach (var partition in _partitions) partition?.Unwatch(this);
        LookOrWait(expired);
    }

    void IDiskWork.Run()
    {
        var (enough, bytes) = Look(mayWait: true);
        // What was cut short on purpose is enough.
        if (enough || bytes > 0 || _expired) Respond();
        else Wait();
    }

    private void LookOrWait(bool expired)
    {
        var (enough, bytes) = Look(mayWait: false);
        if (bytes < 0)
        {
            _expired = expired;
            _connection.RunWhereItMayWait(this);
        }
        else if (enough || expired || _partitions.Count == 0) Respond();
        else Wait();
    }

    /// <summary>
    /// Reads every partition in the request's order, from the first on that has no outcome yet. Enough when the answer need not wait;
    /// less than no bytes when the next partition must be looked at where one may wait for the disk.
    /// </summary>
    private (bool Enough, long Bytes) Look(bool mayWait)
    {
        var bytes = 0L;
        var failed = false;
        foreach (var outcome in _outcomes)
        {
            bytes += outcome.Slice.Length;
            failed |= outcome.Fails;
        }

        var asked = _request.Partitions;
        var refusal = Refusal();
        var maxBytes = mayWait ? Math.Min(_request.MaxBytes, bytes + MostColdBytes) : _request.MaxBytes;
        for (var i = _outcomes.Count; i < asked.Length; i++)
        {
            var left = (int)Math.Clamp(maxBytes - bytes, 0, int.MaxValue);
            var outcome = refusal != ErrorCode.None ? FetchOutcome.Failed(refusal)
                : _partitions[i] is not { } partition ? FetchOutcome.Failed(ErrorCode.UnknownTopicOrPartition)
                : partition.Fetch(
                    asked[i], _replicaId, Math.Min(left, Math.Max(0, asked[i].PartitionMaxBytes)), atLeastOneBatch: bytes == 0, mayWait,
                    _request.AcknowledgesFlushed, _request.ReplicaEpoch);
            if (outcome.IsCold) return (false, -1);

            _outcomes.Add(outcome);
            bytes += outcome.Slice.Length;
            failed |= outcome.Fails;
        }

        return (failed || bytes >= _request.MinBytes, bytes);
    }

    /// <summary>Why the whole request is refused, if it is. Looked at again after each wait, during which much may happen.</summary>
    private ErrorCode Refusal()
    {
        if (_refused) return ErrorCode.ClusterAuthorizationFailed;
        if (_replicaId == Mending.AnyReplica) return ErrorCode.None;
        if (!owner.Session.IsHeld) return ErrorCode.NotLeaderOrFollower;
        return _replicaId < 0 || owner.Session.IsRegistered(_replicaId, _request.ReplicaEpoch) ? ErrorCode.None : ErrorCode.StaleBrokerEpoch;
    }

    private void Wait()
    {
        var progress = _request.ReplicaId >= 0 ? Progress.Appended : Progress.Committed;
        var token = Arm(wakeups: 1);
        for (var i = 0; i < _partitions.Count; i++)
        {
            // Anything past what this look could see is news, which may or may not be enough.
            var seen = Math.Max(_outcomes[i].Bound, _request.Partitions[i].FetchOffset);
            if (!_partitions[i]!.Watch(this, token, progress, seen + 1)) Reached(token);
        }

        DropOutcomes();
        var left = _deadline - MonotonicClock.Now;
        owner.Deadlines.Add(this, token, left < TimeSpan.Zero ? TimeSpan.Zero : left);
        Release(token);
    }

    private void Respond()
    {
        _framing.Clear();
        var writer = new FetchResponseWriter(_framing, _header.Version, _request.IsolationLevel);
        writer.Begin(_header.CorrelationId, _request.Topics.Length);
        foreach (ref readonly var topic in _request.Topics)
        {
            writer.BeginTopic(_body.Written.Slice(topic.Start, topic.Length), topic.PartitionCount);
            for (var i = topic.FirstPartition; i < topic.FirstPartition + topic.PartitionCount; i++)
            {
                var outcome = _outcomes[i];
                writer.BeginPartition(
                    _request.Partitions[i].Partition, outcome.Error, outcome.HighWatermark, outcome.HighWatermark, outcome.LogStartOffset, outcome.Slice.Length);
                _gaps.Add(writer.Position);
                writer.EndPartition(outcome.Diverging);
            }

            writer.EndTopic();
        }

        writer.End();
        var (connection, answer) = (_connection, _answer);
        FillGaps(answer);
        Recycle();
        connection.Complete(answer);
    }

    private void FillGaps(Answer answer)
    {
        var sent = 0;
        for (var i = 0; i < _gaps.Count; i++)
        {
            if (_outcomes[i].Slice.Length == 0)
            {
                _outcomes[i].Slice.Release();
                continue;
            }

            answer.Add(_framing.Written[sent.._gaps[i]]);
            answer.Add(_outcomes[i].Slice);
            sent = _gaps[i];
        }

        if (sent < _framing.Length) answer.Add(_framing.Written[sent..]);
        _outcomes.Clear();
    }

    private void DropOutcomes()
    {
        foreach (var outcome in _outcomes) outcome.Slice.Release();
        _outcomes.Clear();
    }

    private void Recycle()
    {
        _partitions.Clear();
        _gaps.Clear();
        (_connection, _answer) = (null!, null!);
        owner.Operations.Return(this);
    }
}
