using Engine.Broker.Network;
using Engine.Core.Strategies;

namespace Engine.Broker.Replication;

/// <summary>Leaders send what was appended unasked: each follower opens one connection and thread to each leader, subscribes, and acknowledges.</summary>
/// <remarks>
/// The next batch does not wait until the one before is acknowledged, as a fetch does, so a record is committed one trip after it was
/// appended, however far the nodes are apart. Nothing else differs: positions, epochs and truncation are those of a fetch. Any node
/// serves either kind of follower, so nodes of a cluster may differ.
/// </remarks>
internal static class PushReplication
{
    public static CreateReplication Create(StrategySpec spec)
    {
        var settings = new PushSettings(
            WindowBytes: (int)Math.Clamp(spec.Bytes("window", 16 << 20), 1, 1 << 30),
            WindowFrames: spec.Count("frames", 16),
            FrameBytes: (int)Math.Clamp(spec.Bytes("frame", 4 << 20), 1, 1 << 28),
            Beat: spec.Duration("beat", TimeSpan.FromMilliseconds(500)));
        var slice = TimeSlice.Of(spec);
        return nodeId => new FollowerPerLeader(nodeId, slice, (leader, stop) =>
            new PushIntake(nodeId, settings, leader, PushConnection.Open(leader.Host, leader.Port, stop)));
    }
}

/// <summary>What a follower lets its leaders do.</summary>
/// <param name="WindowBytes">The most bytes of records on their way to it or not dealt with yet, over all partitions of a leader.</param>
/// <param name="WindowFrames">The most frames likewise. The fewer, the more batches share one.</param>
/// <param name="FrameBytes">The most bytes of records in one frame.</param>
/// <param name="Beat">How often it says that it is there, and hears how far idle partitions are committed.</param>
internal sealed record PushSettings(int WindowBytes, int WindowFrames, int FrameBytes, TimeSpan Beat);
