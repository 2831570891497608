using Engine.Broker.Acks;
using Engine.Broker.Partitions;
using Engine.Broker.Waiting;
using Engine.Core;
using Engine.Protocol.Messages;

namespace Engine.Broker.Replication;

/// <summary>Leader's side: one partition on its way to one follower, from one subscription to its end.</summary>
/// <remarks>
/// Waits for the partition to grow and queues itself with its stream then. Its place in the log belongs to whichever thread sends
/// for the stream; what the follower has acknowledged, to the thread that its frames arrive on.
/// </remarks>
internal sealed class PushedLog(PushStream stream, Partition partition, in PushSubscription subscription) : OffsetWait
{
    private volatile bool _isOver;
    private volatile bool _isWatching;

    public Partition Partition { get; } = partition;

    /// <summary>What the follower calls it.</summary>
    public int Number { get; } = subscription.Number;

    public int Run { get; } = subscription.Run;

    /// <summary>Where the follower stood when it subscribed.</summary>
    public PushPosition Start { get; } = subscription.Position;

    /// <summary>Whether <see cref="Start"/> was found to agree with this log.</summary>
    public bool IsBegun { get; set; }

    /// <summary>The offset to send from; -1 while only the follower's next acknowledgement can tell.</summary>
    public long Next { get; set; } = subscription.Position.EndOffset;

    /// <summary>Where the last slice began.</summary>
    public long SentFrom { get; set; }

    /// <summary>What the follower has acknowledged last.</summary>
    public PushAcknowledgement Acknowledged { get; set; } = new(subscription.Number, subscription.Run, subscription.Position.EndOffset, subscription.Position.FlushedOffset);

    /// <summary>The high watermark that the follower was told last.</summary>
    public long ToldHighWatermark { get; set; } = -1;

    /// <summary>Why it cannot go on, found out apart from reading.</summary>
    public ErrorCode Failure { get; set; }

    /// <summary>Whether it is queued with the stream; guarded by the stream's lock.</summary>
    public bool IsQueued { get; set; }

    public bool IsOver => _isOver;

    protected override bool AnyWakes => true;

    /// <summary>Queues itself once the partition has grown past <paramref name="seen"/>, or is no longer what it was.</summary>
    public void QueueOncePast(long seen)
    {
        // Still waiting: it was looked at for another reason than growth.
        if (_isWatching) return;

        _isWatching = true;
        var token = Arm(wakeups: 1);
        if (!Partition.Watch(this, token, Progress.Appended, seen + 1)) Reached(token);
        Release(token);
        if (_isOver) Partition.Unwatch(this);
    }

    public void End()
    {
        _isOver = true;
        Partition.Unwatch(this);
    }

    protected override void Completed(bool expired)
    {
        _isWatching = false;
        stream.Queue(this);
    }
}
