using Engine.Broker.Network;
using Engine.Core.Strategies;

namespace Engine.Broker.Replication;

/// <summary>Followers fetch, as Kafka's do: one connection and one thread for each leader that this node follows.</summary>
/// <remarks>
/// The fetch is the acknowledgement: asking from offset X on says that everything before X is stored. The leader parks a fetch
/// until there is something, so a record reaches a follower one trip after it reached the leader.
/// </remarks>
internal static class PullReplication
{
    public static CreateReplication Create(StrategySpec spec)
    {
        var settings = new PullSettings(
            MaxWait: spec.Duration("maxWait", TimeSpan.FromMilliseconds(500)),
            MaxBytes: (int)Math.Min(spec.Bytes("maxBytes", 16 << 20), int.MaxValue / 2),
            PartitionMaxBytes: (int)Math.Min(spec.Bytes("partitionMaxBytes", 4 << 20), int.MaxValue / 2));
        var slice = TimeSlice.Of(spec);
        return nodeId => new FollowerPerLeader(nodeId, slice, (leader, stop) =>
            new LeaderFetcher(nodeId, settings, leader, LeaderConnection.Open(leader.Host, leader.Port, stop)));
    }
}

/// <summary>What a follower asks for in one fetch.</summary>
/// <param name="MaxWait">How long the leader may park a fetch that finds nothing.</param>
/// <param name="MaxBytes">The most bytes of records in one response, over all partitions.</param>
/// <param name="PartitionMaxBytes">The most bytes of records of one partition.</param>
internal sealed record PullSettings(TimeSpan MaxWait, int MaxBytes, int PartitionMaxBytes);
