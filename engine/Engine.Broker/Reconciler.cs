using Engine.Broker.Checks;
using Engine.Broker.Partitions;
using Engine.Broker.Replication;
using Engine.Core.Cluster;
using Engine.Core.Partitions;
using Engine.Storage;

namespace Engine.Broker;

/// <summary>Makes this node's partitions what the cluster's state says: opened, dropped, leading, following.</summary>
/// <remarks>Called by the metadata store, one call at a time, states in order.</remarks>
/// <param name="firstEpoch">
/// The lowest broker epoch this run of the node can get. Until the state shows such a registration it is of an earlier run,
/// whose leaderships are over: logs are opened, but nobody leads.
/// </param>
internal sealed class Reconciler(
    BrokerOptions options, DataFolder folder, PartitionTable partitions, IInSyncProposals proposals, IReplication replication, IBatchCheck check,
    long firstEpoch)
{
    public void Apply(ClusterState state)
    {
        DropGone(state);
        OpenNew(state);
        if (!state.Brokers.TryGetValue(options.NodeId, out var self) || !self.Alive || self.Epoch < firstEpoch) return;

        var followed = new List<Followed>();
        foreach (var partition in partitions.All)
        {
            var now = state.FindTopic(partition.TopicId)!.Partitions[partition.Index];
            if (now.Epoch > partition.State.PartitionEpoch)
                partition.Update(new PartitionAssignment(now.Leader, now.LeaderEpoch, now.Epoch, [.. now.Replicas], [.. now.Isr]));
            if (now.Leader != options.NodeId && state.Brokers.TryGetValue(now.Leader, out var leader) && leader.Alive)
                followed.Add(new Followed(partition, leader.NodeId, leader.InterBrokerHost, leader.InterBrokerPort));
        }

        replication.Follow(followed);
    }

    private void DropGone(ClusterState state)
    {
        var gone = partitions.All.Where(partition => state.FindTopic(partition.TopicId) is null).ToList();
        if (gone.Count == 0) return;

        partitions.Change(table =>
        {
            foreach (var topic in gone.Select(partition => partition.Topic).Distinct()) table.Remove(topic);
        });
        foreach (var partition in gone)
        {
            partition.Close();
            folder.DeleteLog(partition.Log);
        }
    }

    private void OpenNew(ClusterState state)
    {
        var wanted = (
            from topic in state.Topics
            from indexed in topic.Partitions.Index()
            where indexed.Item.Replicas.Contains(options.NodeId) && partitions.Find(topic.Name, indexed.Index) is null
            select (Topic: topic, indexed.Index)).ToList();
        if (wanted.Count == 0) return;

        // Recovery reads and checks files: as many logs at once as there are cores.
        var opened = wanted.AsParallel().Select(one => Open(one.Topic, one.Index)).ToList();
        partitions.Change(table =>
        {
            foreach (var (partition, count) in opened)
            {
                if (!table.TryGetValue(partition.Topic, out var row)) table.Add(partition.Topic, row = new Partition?[count]);
                row[partition.Index] = partition;
            }
        });
    }

    private (Partition Partition, int Count) Open(Topic topic, int index)
    {
        var config = options.Topics.With(topic.Config);
        var settings = new PartitionSettings
        {
            MinInSync = config.MinInsyncReplicas,
            MaxBatchBytes = config.MaxMessageBytes,
            IsCompacted = config.IsCompacted,
            IsDeleted = config.IsDeleted,
            TimestampBeforeMaxMs = config.TimestampBeforeMaxMs,
            TimestampAfterMaxMs = config.TimestampAfterMaxMs,
            Check = check,
            ProducerIdExpiration = options.ProducerIdExpiration,
            ReplicaLagMax = options.ReplicaLagMax,
            Log = new LogOptions
            {
                SegmentBytes = config.SegmentBytes,
                SegmentAge = TimeSpan.FromMilliseconds(Math.Min(config.SegmentMs, (long)TimeSpan.MaxValue.TotalMilliseconds / 2)),
                RetentionBytes = config.IsDeleted ? config.RetentionBytes : -1,
                RetentionAge = !config.IsDeleted ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Min(config.RetentionMs, (long)TimeSpan.MaxValue.TotalMilliseconds / 2)),
                MaxBatchBytes = config.MaxMessageBytes,
                HoldsSoundCrcs = check.ChecksCrc,
            },
        };
        return (new Partition(topic.Name, topic.Id, index, options.NodeId, settings, folder, proposals), topic.Partitions.Count);
    }
}
