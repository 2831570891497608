using Engine.Broker.Partitions;
using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Storage;
using Engine.Storage.Soundness;

namespace Engine.Broker.Handlers;

/// <summary>ListOffsets (key 2): the offset of an end of the log, or of a moment.</summary>
internal sealed class ListOffsetsHandler(PartitionTable partitions)
{
    // Nothing is kept anywhere else (no tiered storage), and before version 7 and 8 the newer questions were not defined.
    private const short FirstWithMaxTimestamp = 7;

    // The error that says so is known to clients from this version on.
    private const short FirstWithOffsetNotAvailable = 5;

    public ListOffsetsResponse Handle(ListOffsetsRequest request, short version) => new()
    {
        Topics = [.. request.Topics.Select(topic => new ListedOffsetsTopic(
            topic.Name, [.. topic.Partitions.Select(asked => Find(topic.Name, asked, request.ReplicaId, version))]))],
    };

    private ListedOffset Find(string topic, ListOffsetsPartition asked, int replicaId, short version)
    {
        if (partitions.Find(topic, asked.Partition) is not { } partition) return Failed(asked, ErrorCode.UnknownTopicOrPartition);
        if (partition.Fences(asked.CurrentLeaderEpoch) is not ErrorCode.None and var fenced) return Failed(asked, fenced);

        // The end must not seem to go back because another leads now (KIP-207).
        if (replicaId < 0 && asked.Timestamp == ListOffsetsRequest.Latest && !partition.State.IsHighWatermarkKnown)
            return Failed(asked, version >= FirstWithOffsetNotAvailable ? ErrorCode.OffsetNotAvailable : ErrorCode.LeaderNotAvailable);

        var epoch = partition.State.LeaderEpoch;
        var end = replicaId >= 0 ? partition.Log.EndOffset : partition.State.HighWatermark;
        try
        {
            return asked.Timestamp switch
            {
                ListOffsetsRequest.Latest => new(asked.Partition, ErrorCode.None, -1, end, epoch),
                ListOffsetsRequest.Earliest or ListOffsetsRequest.EarliestLocal => new(asked.Partition, ErrorCode.None, -1, partition.Log.StartOffset, epoch),
                ListOffsetsRequest.MaxTimestamp when version >= FirstWithMaxTimestamp => Visible(asked, partition.Log.MaxTimestamp(), end, epoch),
                < 0 => Failed(asked, ErrorCode.UnsupportedForMessageFormat),
                _ => Visible(asked, partition.Log.OffsetForTimestamp(asked.Timestamp), end, epoch),
            };
        }
        catch (DamagedLogException)
        {
            return Failed(asked, ErrorCode.CorruptMessage);
        }
        catch (LogOfflineException)
        {
            return Failed(asked, ErrorCode.KafkaStorageError);
        }
    }

    /// <summary>A record past the high watermark is not there yet for who asks.</summary>
    private static ListedOffset Visible(ListOffsetsPartition asked, (long Offset, long Timestamp)? found, long end, int epoch) =>
        found is { } record && record.Offset < end
            ? new(asked.Partition, ErrorCode.None, record.Timestamp, record.Offset, epoch)
            : new(asked.Partition, ErrorCode.None, -1, -1);

    private static ListedOffset Failed(ListOffsetsPartition asked, ErrorCode error) => new(asked.Partition, error, -1, -1);
}
