using Engine.Core;
using Engine.Core.Cluster;
using Engine.Core.Partitions;

namespace Engine.Simulation.Machines;

/// <summary>What endpoints send each other: the requests and answers of the real protocols, without their bytes.</summary>
internal abstract record Message
{
    public int From { get; set; }

    public int To { get; set; }
}

/// <summary>A producer's batch.</summary>
/// <param name="Batch">Which batch it is, whatever becomes of it: what the real engine's records would say.</param>
internal sealed record Produce(int Token, long Batch, BatchSequence Sequence, int Records, bool AcksAll) : Message;

internal sealed record ProduceAnswer(int Token, long Batch, ErrorCode Error, long BaseOffset, int Leader) : Message;

/// <summary>A fetch, by a follower or a consumer.</summary>
/// <param name="Replica">The follower; -1 for a consumer.</param>
/// <param name="BrokerEpoch">The registration of the follower that asks.</param>
/// <param name="IsFlushed">Whether the follower has flushed all that it has.</param>
internal sealed record Fetch(int Token, int Replica, long BrokerEpoch, int LeaderEpoch, long Offset, int LastEpoch, bool IsFlushed = false) : Message;

/// <param name="Asked">What it answers, from which the follower knows where it stood.</param>
/// <param name="Diverging">What to cut to; null when the logs agree.</param>
internal sealed record FetchAnswer(
    Fetch Asked, ErrorCode Error, long HighWatermark, StoredBatch[] Batches, (int Epoch, long EndOffset)? Diverging, int Leader) : Message;

/// <summary>"I live": keeps the session of a registration. With epoch -1 it only asks for the state.</summary>
internal sealed record Heartbeat(long BrokerEpoch) : Message;

/// <param name="Expired">To the controller only: registrations without a sign of life for longer than the session timeout.</param>
internal sealed record HeartbeatAnswer(ClusterState State, bool IsController, (int Node, long Epoch)[] Expired) : Message;

/// <summary>Append these records if the store is still at this version.</summary>
internal sealed record StoreAppend(int Token, long ExpectedVersion, IReadOnlyList<ClusterRecord> Records) : Message;

internal sealed record StoreAnswer(int Token, bool Taken, ClusterState State) : Message;

/// <summary>The store has a newer state.</summary>
internal sealed record News(ClusterState State) : Message;
