using Engine.Broker.Partitions;
using Engine.Core;
using Engine.Core.Partitions;
using Engine.Protocol.Messages;
using Engine.Storage;

namespace Engine.Broker.Replication;

/// <summary>What a follower does with what its leader says of a partition, however it came by it.</summary>
internal static class LeaderAnswer
{
    /// <summary>Appends, cuts or starts over the log that stood at <paramref name="position"/>.</summary>
    /// <returns>False when it is no use to go on at once.</returns>
    public static bool Take(Partition partition, in FollowerPosition position, in FetchedPartition answer, ReadOnlySpan<byte> frame)
    {
        try
        {
            switch (answer.Error)
            {
                case ErrorCode.None when answer.Diverging is { } diverging:
                    NodeLog.Info($"{partition.Topic}-{partition.Index}: cut to agree with the leader's epoch {diverging.Epoch}, which ends at {diverging.EndOffset}");
                    partition.ReplicaDiverged(position, diverging);
                    return true;
                case ErrorCode.None:
                    var records = answer.RecordsLength > 0 ? frame.Slice(answer.RecordsStart, answer.RecordsLength) : default;
                    var goesOn = partition.ReplicaAppend(position, records, answer.HighWatermark);
                    partition.ReplicaTrimmed(position, answer.LogStartOffset);
                    return goesOn;
                case ErrorCode.OffsetOutOfRange:
                    NodeLog.Info($"{partition.Topic}-{partition.Index}: starts over at the leader's first offset {answer.LogStartOffset}");
                    partition.ReplicaOutOfRange(position, answer.LogStartOffset);
                    return true;
                default:
                    // A leader that is not one yet or any more: the metadata store will say so to one of us soon.
                    return false;
            }
        }
        catch (LogOfflineException error)
        {
            NodeLog.Error($"{partition.Topic}-{partition.Index} is offline: {error.Message}");
            return false;
        }
    }
}
