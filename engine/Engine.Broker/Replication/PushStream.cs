using Engine.Broker.Cluster;
using Engine.Broker.Network;
using Engine.Broker.Partitions;
using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;
using Engine.Storage;

namespace Engine.Broker.Replication;

/// <summary>Leader's side: everything that is pushed to one follower over one connection, which the follower has opened.</summary>
/// <remarks>
/// Whoever appends sends, there and then, as it would answer a parked fetch; while one thread sends, others only queue what has grown.
/// Slices come by the same read path as a fetch's, and like there nobody but a disk thread waits for the disk. What is on its way and
/// not dealt with yet is bounded by the follower's window, in bytes and in frames: when it is used up, partitions queue, at one entry
/// each, and the next frame takes along what has gathered. So a slow follower costs no memory, and many small batches share frames.
/// </remarks>
internal sealed class PushStream(Connection connection, PartitionTable partitions, ISession session) : IDiskWork, IDisposable
{
    // Numbers are places in an array here: a bound for what a damaged frame can ask for.
    private const int MaxPartitions = 1 << 20;

    private readonly Lock _gate = new();
    private readonly Queue<PushedLog> _queue = new();
    private readonly Queue<(int Number, int Run)> _refused = new(); // not known here yet, or any more
    private readonly PushRequest _request = new(); // the thread's that frames arrive on
    private readonly WireBuffer _framing = new();  // from here to _held: the sending thread's
    private readonly List<(int Gap, LogSlice Slice)> _slices = [];
    private PushedLog? _held;                      // could not be looked at without waiting, or did not fit: the next in turn
    private PushedLog?[] _logs = [];
    private long _replicaEpoch = -1;
    private int _windowBytes;
    private int _windowFrames;
    private int _frameBytes;
    private long _sentBytes;
    private long _sentFrames;
    private long _takenBytes;
    private long _takenFrames;
    private bool _owesFrame;
    private bool _isSending;
    private bool _isClosed;

    /// <summary>The node that follows.</summary>
    public int ReplicaId { get; private set; } = -1;

    private bool HasRoom => _sentFrames - _takenFrames < _windowFrames && _sentBytes - _takenBytes < _windowBytes;

    private bool HasWork => _held is not null || _queue.Count > 0 || _refused.Count > 0 || _owesFrame;

    /// <summary>Takes a frame of the follower's: one call at a time.</summary>
    public void Received(ref WireReader body, ReadOnlySpan<byte> frame)
    {
        _request.Read(ref body);
        // What this frame sets off goes out together at its end.
        bool sends;
        lock (_gate)
        {
            sends = !_isSending && !_isClosed;
            _isSending |= sends;
            (_windowBytes, _windowFrames) = (Math.Max(1, _request.WindowBytes), Math.Max(1, _request.WindowFrames));
            (_frameBytes, ReplicaId, _replicaEpoch) = (Math.Max(1, _request.FrameBytes), _request.ReplicaId, _request.ReplicaEpoch);
        }

        try
        {
            foreach (ref readonly var one in _request.Subscriptions) Begin(one, frame.Slice(one.TopicStart, one.TopicLength));
            var refusal = Refusal();
            foreach (ref readonly var one in _request.Acknowledgements) Acknowledge(one, refusal);
            if (_request.IsBeat) Beat(refusal);
        }
        finally
        {
            lock (_gate)
            {
                (_takenBytes, _takenFrames) = (_request.TakenBytes, _request.TakenFrames);
                _owesFrame |= _request.IsBeat;
                if (!sends && !_isSending && !_isClosed && HasWork && HasRoom) sends = _isSending = true;
            }

            if (sends) Send(mayWait: false);
        }
    }

    /// <summary>Has a partition looked at: it has grown, or something is to be told. Any thread.</summary>
    public void Queue(PushedLog log)
    {
        lock (_gate)
        {
            if (_isClosed || log.IsOver) return;
            if (!log.IsQueued) _queue.Enqueue(log);
            log.IsQueued = true;
            if (_isSending || !HasRoom) return;
            _isSending = true;
        }

        Send(mayWait: false);
    }

    /// <summary>On a disk thread, still the one that sends: one frame for which the disk may be waited for.</summary>
    void IDiskWork.Run() => Send(mayWait: true);

    /// <summary>The connection has ended.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            _queue.Clear();
        }

        foreach (var log in _logs) log?.End();
    }

    private void Begin(in PushSubscription subscription, ReadOnlySpan<byte> topic)
    {
        var number = subscription.Number;
        if ((uint)number >= MaxPartitions) throw new WireException($"a partition numbered {number}");
        if (number >= _logs.Length) Array.Resize(ref _logs, Math.Max(number + 1, Math.Min(2 * _logs.Length, MaxPartitions)));
        _logs[number]?.End();
        _logs[number] = null;
        if (partitions.Find(topic, subscription.Partition) is not { } partition)
        {
            lock (_gate) _refused.Enqueue((number, subscription.Run));
            return;
        }

        Queue(_logs[number] = new PushedLog(this, partition, subscription));
    }

    /// <summary>Why nothing is said or heard on this stream, if it is so: this node or the follower may be one that the others take for dead.</summary>
    private ErrorCode Refusal() =>
        !session.IsHeld ? ErrorCode.NotLeaderOrFollower
        : session.IsRegistered(ReplicaId, _replicaEpoch) ? ErrorCode.None : ErrorCode.StaleBrokerEpoch;

    private void Acknowledge(in PushAcknowledgement acknowledgement, ErrorCode refusal)
    {
        if ((uint)acknowledgement.Number >= (uint)_logs.Length || _logs[acknowledgement.Number] is not { } log || log.Run != acknowledgement.Run || log.IsOver) return;

        log.Acknowledged = acknowledgement;
        if (!Acknowledge(log, refusal)) return;
        if (log.Next >= 0 || acknowledgement.EndOffset <= log.SentFrom) return;
        log.Next = acknowledgement.EndOffset;
        Queue(log);
    }

    private bool Acknowledge(PushedLog log, ErrorCode refusal)
    {
        var held = log.Acknowledged;
        var error = refusal != ErrorCode.None ? refusal
            : log.Partition.FollowerHolds(ReplicaId, log.Start.LeaderEpoch, held.EndOffset, held.FlushedOffset, _replicaEpoch);
        if (error == ErrorCode.None) return true;

        log.Failure = error;
        Queue(log);
        return false;
    }

    /// <summary>The follower is there: what it holds counts anew for who is level, and it hears how far things are committed.</summary>
    private void Beat(ErrorCode refusal)
    {
        foreach (var log in _logs)
        {
            if (log is null || log.IsOver || !log.IsBegun) continue;
            if (Acknowledge(log, refusal) && log.Partition.State.HighWatermark > log.ToldHighWatermark) Queue(log);
        }
    }

    private void Send(bool mayWait)
    {
        while (true)
        {
            int room;
            bool owes;
            lock (_gate)
            {
                if (_isClosed || !HasWork || !HasRoom)
                {
                    _isSending = false;
                    return;
                }

                room = (int)Math.Min(_frameBytes, _windowBytes - (_sentBytes - _takenBytes));
                (owes, _owesFrame) = (_owesFrame, false);
            }

            var isCold = Fill(room, mayWait, out var recordsBytes, out var count);
            if (count > 0 || owes) SendFrame(recordsBytes);
            if (isCold)
            {
                connection.RunWhereItMayWait(this);
                return;
            }

            mayWait = false; // The disk thread's turn was one frame; what follows may be in memory again.
        }
    }

    /// <summary>Gathers what goes into one frame.</summary>
    /// <returns>Whether it ended at a partition that cannot be looked at without waiting for the disk.</returns>
    private bool Fill(int room, bool mayWait, out int recordsBytes, out int count)
    {
        (recordsBytes, count) = (0, 0);
        _framing.Clear();
        var writer = new PushFrameWriter(_framing);
        writer.Begin();
        while (TryTakeRefused(out var refused))
        {
            writer.Add(refused.Number, refused.Run, ErrorCode.UnknownTopicOrPartition, -1, -1, -1, null, 0);
            count++;
        }

        var refusal = Refusal();
        var look = Look.Done;
        while (look == Look.Done && recordsBytes < room && TryTake(out var log))
        {
            if (refusal != ErrorCode.None) log.Failure = refusal;
            look = TryAdd(log, ref writer, room - recordsBytes, isFirst: recordsBytes == 0, mayWait, ref recordsBytes, ref count);
            if (look != Look.Done) _held = log;
        }

        writer.End();
        return look == Look.IsCold;
    }

    private bool TryTakeRefused(out (int Number, int Run) refused)
    {
        lock (_gate) return _refused.TryDequeue(out refused);
    }

    private bool TryTake(out PushedLog log)
    {
        log = _held!;
        _held = null;
        if (log is not null) return true;

        lock (_gate)
        {
            if (!_queue.TryDequeue(out log!)) return false;
            log.IsQueued = false;
            return true;
        }
    }

    private Look TryAdd(PushedLog log, ref PushFrameWriter writer, int room, bool isFirst, bool mayWait, ref int recordsBytes, ref int count)
    {
        if (log.IsOver) return Look.Done;

        var from = log.Next;
        if (from < 0 && log.Failure == ErrorCode.None)
        {
            // Until its follower has told where to go on there is only this to say.
            Tell(log, ref writer, log.SentFrom, ref count);
            return Look.Done;
        }

        var next = -1L;
        var outcome = log.Failure != ErrorCode.None ? FetchOutcome.Failed(log.Failure)
            : !log.IsBegun ? log.Partition.Fetch(AskOf(log), ReplicaId, room, isFirst, mayWait, log.Start.FlushedOffset >= log.Start.EndOffset, _replicaEpoch)
            : log.Partition.ReadForFollower(log.Start.LeaderEpoch, from, room, isFirst, mayWait, out next);
        if (outcome.IsCold) return Look.IsCold;
        if (outcome.Fails)
        {
            log.End();
            writer.Add(log.Number, log.Run, outcome.Error, from, outcome.HighWatermark, outcome.LogStartOffset, outcome.Diverging, 0);
            count++;
            return Look.Done;
        }

        log.IsBegun = true;
        var slice = outcome.Slice;
        if (slice.Length == 0)
        {
            slice.Release();
            if (outcome.Bound > from && !isFirst) return Look.DoesNotFit;
            if (outcome.HighWatermark > log.ToldHighWatermark) Tell(log, ref writer, from, ref count);
            log.QueueOncePast(Math.Max(outcome.Bound, from));
            return Look.Done;
        }

        if (next < 0 && !isFirst && outcome.Bound > from)
        {
            // Cut short by what is in the frame already: sent whole in the next, it need not wait for the follower's word.
            slice.Release();
            return Look.DoesNotFit;
        }

        writer.Add(log.Number, log.Run, ErrorCode.None, from, outcome.HighWatermark, outcome.LogStartOffset, null, slice.Length);
        _slices.Add((writer.Position, slice));
        recordsBytes += slice.Length;
        count++;
        (log.SentFrom, log.Next, log.ToldHighWatermark) = (from, next, outcome.HighWatermark);
        if (next >= 0) log.QueueOncePast(next);
        return Look.Done;
    }

    private static void Tell(PushedLog log, ref PushFrameWriter writer, long from, ref int count)
    {
        var highWatermark = log.Partition.State.HighWatermark;
        log.ToldHighWatermark = highWatermark;
        writer.Add(log.Number, log.Run, ErrorCode.None, from, highWatermark, log.Partition.Log.StartOffset, null, 0);
        count++;
    }

    private static FetchPartition AskOf(PushedLog log) => new(
        0, 0, 0, log.Partition.Index, log.Start.LeaderEpoch, log.Start.EndOffset, log.Start.LastEpoch, log.Start.LogStartOffset, int.MaxValue);

    private void SendFrame(int recordsBytes)
    {
        lock (_gate)
        {
            _sentBytes += recordsBytes;
            _sentFrames++;
        }

        var answer = connection.Expect();
        var sent = 0;
        foreach (var (gap, slice) in _slices)
        {
            answer.Add(_framing.Written[sent..gap]);
            answer.Add(slice);
            sent = gap;
        }

        if (sent < _framing.Length) answer.Add(_framing.Written[sent..]);
        _slices.Clear();
        connection.Complete(answer);
    }

    private enum Look
    {
        Done,
        IsCold,
        DoesNotFit,
    }
}
