using Engine.Broker.Cluster;
using Engine.Broker.Partitions;
using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Storage;

namespace Engine.Broker.Handlers;

/// <summary>DeleteRecords (key 21): moves the start of partitions' logs forward.</summary>
/// <remarks>
/// Blocks on a disk. The answer comes when the leader will never show the records again; followers drop them with their next
/// fetch, which brings the leader's start offset.
/// </remarks>
internal sealed class DeleteRecordsHandler(PartitionTable partitions, ISession session)
{
    public DeleteRecordsResponse Handle(DeleteRecordsRequest request) => new()
    {
        Topics = [.. request.Topics.Select(topic => new DeletedRecordsTopic(
            topic.Name, [.. topic.Partitions.Select(asked => Delete(topic.Name, asked))]))],
    };

    private DeletedRecords Delete(string topic, DeleteRecordsPartition asked)
    {
        if (partitions.Find(topic, asked.Partition) is not { } partition) return Failed(asked, ErrorCode.UnknownTopicOrPartition);
        try
        {
            var (error, start) = partition.DeleteRecords(asked.Offset);
            // Asked last: the node may have been paused in between, and another leads that still shows them.
            return session.IsHeld ? new(asked.Partition, start, error) : Failed(asked, ErrorCode.NotLeaderOrFollower);
        }
        catch (Exception failure) when (failure is IOException or LogOfflineException)
        {
            NodeLog.Error($"{topic}-{asked.Partition}: records were not deleted: {failure.Message}");
            return Failed(asked, ErrorCode.KafkaStorageError);
        }
    }

    private static DeletedRecords Failed(DeleteRecordsPartition asked, ErrorCode error) => new(asked.Partition, -1, error);
}
