using Engine.Broker.Checks;
using Engine.Broker.Partitions;
using Engine.Broker.Replication;
using Engine.Core.Acks;
using Engine.Core.Cluster;
using Engine.Core.Partitions;
using Engine.Storage;
using Engine.Storage.Compaction;

namespace Engine.Broker;

/// <summary>Makes this node's partitions what the cluster's state says: opened, dropped, leading, following.</summary>
/// <remarks>
/// Called by the metadata store, one call at a time, states in order. States share what did not change, so a topic that is the same
/// object as before is passed over: one partition's change does not cost a look at ten thousand others.
/// </remarks>
/// <param name="firstEpoch">
/// The lowest broker epoch this run of the node can get. Until the state shows such a registration it is of an earlier run,
/// whose leaderships are over: logs are opened, but nobody leads.
/// </param>
internal sealed class Reconciler(
    BrokerOptions options, DataFolder folder, PartitionTable partitions, IInSyncProposals proposals, IMending mending, IReplication replication, IBatchCheck check,
    IAckRule acks, long firstEpoch)
{
    private ClusterState _opened = ClusterState.Empty;  // The state that the partitions held here correspond to.
    private ClusterState _updated = ClusterState.Empty; // The state that they were last told of.
    private ClusterState _inForce = ClusterState.Empty;

    /// <summary>The state that this node acts on: what it tells clients must be in force here already.</summary>
    public ClusterState InForce => Volatile.Read(ref _inForce);

    public void Apply(ClusterState state)
    {
        var isOther = DropGone(state) | OpenNew(state);
        _opened = state;
        // A node that was taken for dead while it lives is told the news as well: they may be of its successors.
        var isMember = state.Brokers.TryGetValue(options.NodeId, out var self) && self.Epoch >= firstEpoch;
        if (isMember)
        {
            isOther |= TellNews(state) | !ReferenceEquals(state.Brokers, _updated.Brokers);
            _updated = state;
        }

        // Clients may be sent to who leads now before this node follows it: letting go of a dead leader's connection can take a while.
        Volatile.Write(ref _inForce, state);
        if (isMember && isOther) replication.Follow(Followed(state, self!.Epoch));
    }

    /// <returns>Whether there were any.</returns>
    private bool DropGone(ClusterState state)
    {
        var gone = _opened.Topics.Where(topic => state.FindTopic(topic.Id) is null)
            .Select(topic => (topic.Name, Held: partitions.Find(topic.Name)))
            .Where(topic => topic.Held is not null).ToList();
        if (gone.Count == 0) return false;

        partitions.Change(table =>
        {
            foreach (var (name, _) in gone) table.Remove(name);
        });
        foreach (var partition in gone.SelectMany(topic => topic.Held!).OfType<Partition>())
        {
            partition.Close();
            folder.DeleteLog(partition.Log);
        }

        return true;
    }

    /// <returns>Whether there were any.</returns>
    private bool OpenNew(ClusterState state)
    {
        var wanted = new List<(Topic Topic, PartitionSettings Settings, int Index)>();
        foreach (var topic in state.Topics)
        {
            if (_opened.FindTopic(topic.Id) is not null) continue;
            var (settings, index) = (Settings(topic), 0);
            foreach (var partition in topic.Partitions)
            {
                if (partition.Replicas.Contains(options.NodeId)) wanted.Add((topic, settings, index));
                index++;
            }
        }

        if (wanted.Count == 0) return false;

        // Recovery reads and checks files: as many logs at once as there are cores.
        var opened = wanted.AsParallel().Select(one =>
            new Partition(one.Topic.Name, one.Topic.Id, one.Index, options.NodeId, one.Settings, folder, proposals, mending)).ToList();
        partitions.Change(table =>
        {
            foreach (var partition in opened)
            {
                if (!table.TryGetValue(partition.Topic, out var row))
                    table.Add(partition.Topic, row = new Partition?[state.FindTopic(partition.TopicId)!.Partitions.Count]);
                row[partition.Index] = partition;
            }
        });
        return true;
    }

    /// <summary>Tells the partitions what has changed about them.</summary>
    /// <returns>Whether any of them has another leader.</returns>
    private bool TellNews(ClusterState state)
    {
        var isOther = false;
        foreach (var topic in state.Topics)
        {
            var before = _updated.FindTopic(topic.Id);
            if (ReferenceEquals(topic, before) || partitions.Find(topic.Name) is not { } held) continue;

            // Side by side: finding them by number costs a walk down a tree each.
            using var known = (before?.Partitions ?? []).GetEnumerator();
            var index = 0;
            foreach (var now in topic.Partitions)
            {
                var then = known.MoveNext() ? known.Current : null;
                if (!ReferenceEquals(now, then) && held[index] is { } partition)
                {
                    partition.Update(new PartitionAssignment(now.Leader, now.LeaderEpoch, now.Epoch, [.. now.Replicas], [.. now.Isr]));
                    isOther |= then is null || now.Leader != then.Leader;
                }

                index++;
            }
        }

        return isOther;
    }

    private List<Followed> Followed(ClusterState state, long brokerEpoch)
    {
        var followed = new List<Followed>();
        foreach (var topic in state.Topics)
        {
            if (partitions.Find(topic.Name) is not { } held) continue;
            var index = 0;
            foreach (var now in topic.Partitions)
            {
                if (held[index++] is { } partition && now.Leader != options.NodeId && state.Brokers.TryGetValue(now.Leader, out var leader) && leader.Alive)
                    followed.Add(new Followed(partition, brokerEpoch, leader.NodeId, leader.InterBrokerHost, leader.InterBrokerPort));
            }
        }

        return followed;
    }

    private PartitionSettings Settings(Topic topic)
    {
        var config = options.Topics.With(topic.Config);
        return new PartitionSettings
        {
            MinInSync = config.MinInsyncReplicas,
            MaxBatchBytes = config.MaxMessageBytes,
            IsCompacted = config.IsCompacted,
            IsDeleted = config.IsDeleted,
            TimestampBeforeMaxMs = config.TimestampBeforeMaxMs,
            TimestampAfterMaxMs = config.TimestampAfterMaxMs,
            Check = check,
            FlushesForAcks = acks.NeedsFlush,
            ProducerIdExpiration = options.ProducerIdExpiration,
            ReplicaLagMax = options.ReplicaLagMax,
            Log = new LogOptions
            {
                SegmentBytes = config.SegmentBytes,
                SegmentAge = Span(config.SegmentMs),
                RetentionBytes = config.IsDeleted ? config.RetentionBytes : -1,
                RetentionAge = !config.IsDeleted ? Timeout.InfiniteTimeSpan : Span(config.RetentionMs),
                MaxBatchBytes = config.MaxMessageBytes,
                HoldsSoundCrcs = check.ChecksCrc,
                FlushesWhatItFinds = acks.NeedsFlush,
                Compaction = !config.IsCompacted ? null : new CompactionOptions
                {
                    MinDirtyRatio = config.MinCleanableDirtyRatio,
                    DeleteRetention = Span(config.DeleteRetentionMs),
                    MinLag = Span(config.MinCompactionLagMs),
                    ProducerExpiry = options.ProducerIdExpiration,
                },
            },
        };
    }

    private static TimeSpan Span(long milliseconds) => TimeSpan.FromMilliseconds(Math.Min(milliseconds, (long)TimeSpan.MaxValue.TotalMilliseconds / 2));
}
