using Engine.Broker.Partitions;
using Engine.Broker.Waiting;
using Engine.Core.Acks;
using Engine.Core.Pushing;
using Engine.Protocol.Messages;

namespace Engine.Broker.Replication;

/// <summary>Leader's side: one partition on its way to one follower, from one subscription to its end.</summary>
/// <remarks>
/// Waits for the partition to grow and queues itself with its stream then. What is looked at and told is decided by
/// <see cref="PushedRun"/>, whose place in the log belongs to whichever thread sends for the stream; what the follower has
/// acknowledged, to the thread that its frames arrive on.
/// </remarks>
internal sealed class PushedLog(PushStream stream, Partition partition, in PushSubscription subscription) : OffsetWait
{
    private volatile bool _isWatching;

    public Partition Partition { get; } = partition;

    /// <summary>What the follower calls it.</summary>
    public int Number { get; } = subscription.Number;

    /// <summary>Which of the follower's runs of it this is.</summary>
    public int RunNumber { get; } = subscription.Run;

    /// <summary>Where the follower stood when it subscribed.</summary>
    public PushPosition Start { get; } = subscription.Position;

    public PushedRun Run { get; } = new(subscription.Position.EndOffset);

    /// <summary>What the follower has acknowledged last.</summary>
    public PushAcknowledgement Acknowledged { get; set; } = new(subscription.Number, subscription.Run, subscription.Position.EndOffset, subscription.Position.FlushedOffset);

    /// <summary>Whether it is queued with the stream; guarded by the stream's lock.</summary>
    public bool IsQueued { get; set; }

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
        if (Run.IsOver) Partition.Unwatch(this);
    }

    public void End()
    {
        Run.End();
        Partition.Unwatch(this);
    }

    protected override void Completed(bool expired)
    {
        _isWatching = false;
        stream.Queue(this);
    }
}
