using System.Collections.Immutable;

namespace Engine.Core.Cluster;

/// <summary>One fact about the cluster. The sequence of all facts, replayed from the first, is the cluster's state.</summary>
public abstract record ClusterRecord;

/// <summary>The first record of every cluster.</summary>
public sealed record ClusterCreated(string ClusterId) : ClusterRecord;

/// <summary>A node started and takes requests at these addresses.</summary>
/// <param name="BrokerEpoch">Higher than in every earlier registration of this node: the version at which it registered.</param>
/// <param name="Host">Where clients reach it.</param>
/// <param name="InterBrokerHost">Where the other nodes reach it.</param>
public sealed record BrokerRegistered(
    int NodeId, long BrokerEpoch, string Host, int Port, string InterBrokerHost, int InterBrokerPort) : ClusterRecord;

/// <summary>The registration with this epoch ended, by a clean stop or because the node died.</summary>
public sealed record BrokerStopped(int NodeId, long BrokerEpoch) : ClusterRecord;

/// <summary>A topic with all its partitions.</summary>
/// <param name="Id">Never zero and never used before, also when the name was.</param>
/// <param name="Config">What the topic sets itself; everything else follows the broker's defaults.</param>
/// <param name="Partitions">By partition number.</param>
public sealed record TopicCreated(
    string Name, Guid Id, ImmutableSortedDictionary<string, string> Config, ImmutableList<PartitionState> Partitions)
    : ClusterRecord;

public sealed record TopicDeleted(Guid Id) : ClusterRecord;

/// <summary>A partition's leader or in-sync set moved.</summary>
/// <param name="LeaderEpoch">One more than before when leadership was taken, also by the same node again; else as before.</param>
/// <param name="PartitionEpoch">Exactly one more than before: a change decided on an older view is refused.</param>
public sealed record PartitionChanged(
    Guid TopicId, int Partition, int Leader, int LeaderEpoch, ImmutableArray<int> Isr, int PartitionEpoch) : ClusterRecord
{
    /// <summary>The new <see cref="PartitionState.Eligible"/>.</summary>
    public ImmutableArray<int> Eligible { get; init; } = [];
}

/// <summary>All producer ids below <paramref name="NextProducerId"/> have been handed to some node.</summary>
public sealed record ProducerIdsAllocated(long NextProducerId) : ClusterRecord;

/// <summary>A record that contradicts the state it should be applied to.</summary>
public sealed class ClusterRecordException(string message) : Exception(message);
