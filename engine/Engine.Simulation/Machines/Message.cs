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
internal sealed record FetchAnswer(Fetch Asked, LeaderWord Word, int Leader) : Message;

/// <summary>What a leader says of its log to whoever follows or reads it.</summary>
/// <param name="Diverging">What to cut to; null when the logs agree.</param>
internal sealed record LeaderWord(ErrorCode Error, long HighWatermark, long LogStart, StoredBatch[] Batches, (int Epoch, long EndOffset)? Diverging)
{
    public static LeaderWord Failed(ErrorCode error, long highWatermark = -1, long logStart = -1) => new(error, highWatermark, logStart, [], null);
}

/// <summary>A frame of a follower that is pushed to: what it wants pushed, and what it holds.</summary>
/// <param name="Connection">Which connection it came by; nobody else has one of that number.</param>
/// <param name="Number">Counts the frames of the connection in this direction.</param>
/// <param name="Run">The run that is begun or acknowledged; 0: neither.</param>
/// <param name="Subscribes">Where the log stands, from which a run begins.</param>
/// <param name="EndOffset">What is acknowledged; -1: nothing.</param>
internal sealed record PushAsk(long Connection, int Number, long BrokerEpoch, int Run, FollowerPosition? Subscribes, long EndOffset, bool IsFlushed, bool IsBeat) : Message
{
    public required int WindowFrames { get; init; }

    public required int FrameBatches { get; init; }

    public required int WindowBatches { get; init; }

    public required (long Batches, long Frames) Taken { get; init; }
}

/// <summary>A frame that a leader sends unasked.</summary>
/// <param name="Run">Whose run it is about; 0: it says only that the leader is there.</param>
/// <param name="BaseOffset">Where the follower's log must end to take the batches.</param>
internal sealed record PushedFrame(long Connection, int Number, int Run, long BaseOffset, LeaderWord Word) : Message;

/// <summary>An administrator wants the records before an offset gone; -1: all that are committed.</summary>
internal sealed record DeleteRecords(long Offset) : Message;

/// <summary>"I live": keeps the session of a registration. With epoch -1 it only asks for the state.</summary>
/// <param name="SentAt">By the clock of the node that lives.</param>
internal sealed record Heartbeat(long BrokerEpoch, long SentAt) : Message;

/// <param name="Counts">Whether it kept the session of a registration that stands.</param>
/// <param name="Expired">To the controller only: registrations without a sign of life for longer than the session timeout.</param>
internal sealed record HeartbeatAnswer(Heartbeat Asked, bool Counts, ClusterState State, bool IsController, (int Node, long Epoch)[] Expired) : Message;

/// <summary>Append these records if the store is still at this version.</summary>
internal sealed record StoreAppend(int Token, long ExpectedVersion, IReadOnlyList<ClusterRecord> Records) : Message;

/// <param name="IsDisproved">Whether somebody was to be recorded as dead who has been heard since.</param>
internal sealed record StoreAnswer(int Token, bool Taken, bool IsDisproved, ClusterState State) : Message;

/// <summary>The store has a newer state.</summary>
internal sealed record News(ClusterState State) : Message;
