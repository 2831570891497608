using Engine.Broker.Cluster;
using Engine.Broker.Network;
using Engine.Broker.Partitions;
using Engine.Core;
using Engine.Core.Pushing;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;

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
    private readonly PushedFrame _frame = new();   // the sending thread's, as the next
    private PushedLog? _held;                      // could not be looked at without waiting, or did not fit: the next in turn
    private PushedLog?[] _logs = [];
    private long _replicaEpoch = -1;
    private readonly PushWindow _window = new();
    private bool _owesFrame;
    private bool _isSending;
    private bool _isClosed;

    /// <summary>The node that follows.</summary>
    public int ReplicaId { get; private set; } = -1;

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
            _window.Allow(_request.WindowBytes, _request.WindowFrames, _request.FrameBytes);
            (ReplicaId, _replicaEpoch) = (_request.ReplicaId, _request.ReplicaEpoch);
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
                _window.Taken(_request.TakenBytes, _request.TakenFrames);
                _owesFrame |= _request.IsBeat;
                if (!sends && !_isSending && !_isClosed && HasWork && _window.HasRoom) sends = _isSending = true;
            }

            if (sends) Send(mayWait: false);
        }
    }

    /// <summary>Has a partition looked at: it has grown, or something is to be told. Any thread.</summary>
    public void Queue(PushedLog log)
    {
        lock (_gate)
        {
            if (_isClosed || log.Run.IsOver) return;
            if (!log.IsQueued) _queue.Enqueue(log);
            log.IsQueued = true;
            if (_isSending || !_window.HasRoom) return;
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
        if ((uint)acknowledgement.Number >= (uint)_logs.Length || _logs[acknowledgement.Number] is not { } log || log.RunNumber != acknowledgement.Run || log.Run.IsOver) return;

        log.Acknowledged = acknowledgement;
        if (Acknowledge(log, refusal) && log.Run.Acknowledged(acknowledgement.EndOffset)) Queue(log);
    }

    private bool Acknowledge(PushedLog log, ErrorCode refusal)
    {
        var held = log.Acknowledged;
        var error = refusal != ErrorCode.None ? refusal
            : log.Partition.FollowerHolds(ReplicaId, log.Start.LeaderEpoch, held.EndOffset, held.FlushedOffset, _replicaEpoch);
        if (error == ErrorCode.None) return true;

        log.Run.Fail(error);
        Queue(log);
        return false;
    }

    /// <summary>The follower is there: what it holds counts anew for who is level, and it hears how far things are committed.</summary>
    private void Beat(ErrorCode refusal)
    {
        foreach (var log in _logs)
        {
            if (log is null || log.Run.IsOver || !log.Run.IsBegun) continue;
            if (Acknowledge(log, refusal) && log.Run.Owes(log.Partition.State.HighWatermark)) Queue(log);
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
                if (_isClosed || !HasWork || !_window.HasRoom)
                {
                    _isSending = false;
                    return;
                }

                room = _window.Room;
                (owes, _owesFrame) = (_owesFrame, false);
            }

            var isCold = Fill(room, mayWait);
            if (_frame.Count > 0 || owes) SendFrame();
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
    private bool Fill(int room, bool mayWait)
    {
        var writer = _frame.Begin();
        while (TryTakeRefused(out var refused)) _frame.Refuse(ref writer, refused.Number, refused.Run);

        var refusal = Refusal();
        var look = PushedLook.Done;
        while (look == PushedLook.Done && _frame.RecordsBytes < room && TryTake(out var log))
        {
            if (refusal != ErrorCode.None) log.Run.Fail(refusal);
            look = _frame.Add(ref writer, log, (ReplicaId, _replicaEpoch), room - _frame.RecordsBytes, mayWait);
            if (look != PushedLook.Done) _held = log;
        }

        writer.End();
        return look == PushedLook.IsCold;
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

    private void SendFrame()
    {
        lock (_gate) _window.Sent(_frame.RecordsBytes);
        _frame.Send(connection);
    }
}
