using System.Collections.Immutable;

namespace Engine.Core.Cluster;

/// <summary>Everything the nodes agree on, at one version: an immutable snapshot.</summary>
/// <remarks><see cref="Apply(ClusterRecord)"/> is the only way to a new state, live and on recovery, so both agree.</remarks>
public sealed record ClusterState
{
    public static readonly ClusterState Empty = new();

    // Names that collide are one key, so a single look-up finds the topic or what stands in its way.
    private ImmutableDictionary<string, Topic> TopicsByName { get; init; } =
        ImmutableDictionary.Create<string, Topic>(TopicName.CollisionComparer);

    private ImmutableDictionary<Guid, Topic> TopicsById { get; init; } = ImmutableDictionary<Guid, Topic>.Empty;

    private ClusterState()
    {
    }

    /// <summary>How many records led here.</summary>
    public long Version { get; private init; }

    /// <summary>Empty before the first record.</summary>
    public string ClusterId { get; private init; } = "";

    /// <summary>Every node that ever registered, by id, in order of id.</summary>
    public ImmutableSortedDictionary<int, ClusterBroker> Brokers { get; private init; } =
        ImmutableSortedDictionary<int, ClusterBroker>.Empty;

    /// <summary>The first producer id that no node was given.</summary>
    public long NextProducerId { get; private init; }

    /// <summary>In no particular order.</summary>
    public IEnumerable<Topic> Topics => TopicsById.Values;

    /// <summary>Partitions of all topics together.</summary>
    public int PartitionCount { get; private init; }

    /// <summary>In order of id.</summary>
    public IEnumerable<ClusterBroker> LiveBrokers => Brokers.Values.Where(broker => broker.Alive);

    public bool IsAlive(int nodeId) => Brokers.TryGetValue(nodeId, out var broker) && broker.Alive;

    public Topic? FindTopic(string name) =>
        TopicsByName.TryGetValue(name, out var topic) && topic.Name == name ? topic : null;

    public Topic? FindTopic(Guid id) => TopicsById.GetValueOrDefault(id);

    /// <summary>The topic of this name, or one whose name collides with it.</summary>
    public Topic? FindCollision(string name) => TopicsByName.GetValueOrDefault(name);

    /// <summary>The state after one more fact.</summary>
    /// <exception cref="ClusterRecordException">The record contradicts this state: it was decided on another one.</exception>
    public ClusterState Apply(ClusterRecord record)
    {
        var next = record switch
        {
            ClusterCreated created => this with { ClusterId = created.ClusterId },
            BrokerRegistered registered => Apply(registered),
            BrokerStopped stopped => Apply(stopped),
            TopicCreated created => Apply(created),
            TopicDeleted deleted => Apply(deleted),
            PartitionChanged changed => Apply(changed),
            ProducerIdsAllocated allocated => Apply(allocated),
            _ => throw Refuse($"{record.GetType().Name} is not a kind of record"),
        };
        return next with { Version = Version + 1 };
    }

    /// <summary>The shortest sequence of records that leads to this state, but for its version.</summary>
    public IEnumerable<ClusterRecord> ToRecords()
    {
        yield return new ClusterCreated(ClusterId);
        foreach (var b in Brokers.Values)
        {
            yield return new BrokerRegistered(b.NodeId, b.Epoch, b.Host, b.Port, b.InterBrokerHost, b.InterBrokerPort);
            if (!b.Alive) yield return new BrokerStopped(b.NodeId, b.Epoch);
        }

        foreach (var topic in Topics.OrderBy(topic => topic.Name, StringComparer.Ordinal))
            yield return new TopicCreated(topic.Name, topic.Id, topic.Config, topic.Partitions);
        if (NextProducerId > 0) yield return new ProducerIdsAllocated(NextProducerId);
    }

    /// <summary>The state that <see cref="ToRecords"/> described, at the version it had.</summary>
    public static ClusterState Restore(long version, IEnumerable<ClusterRecord> records) =>
        records.Aggregate(Empty, (state, record) => state.Apply(record)) with { Version = version };

    private ClusterState Apply(BrokerRegistered record)
    {
        if (record.NodeId < 0) throw Refuse($"node id {record.NodeId} is negative");
        if (Brokers.TryGetValue(record.NodeId, out var known) && known.Epoch >= record.BrokerEpoch)
            throw Refuse($"node {record.NodeId} registers with epoch {record.BrokerEpoch} after {known.Epoch}");

        var broker = new ClusterBroker(record.NodeId, record.BrokerEpoch, record.Host, record.Port,
            record.InterBrokerHost, record.InterBrokerPort, Alive: true);
        return this with { Brokers = Brokers.SetItem(broker.NodeId, broker) };
    }

    private ClusterState Apply(BrokerStopped record)
    {
        if (!Brokers.TryGetValue(record.NodeId, out var broker) || !broker.Alive || broker.Epoch != record.BrokerEpoch)
            throw Refuse($"node {record.NodeId} stops with epoch {record.BrokerEpoch} but has no such registration");

        return this with { Brokers = Brokers.SetItem(broker.NodeId, broker with { Alive = false }) };
    }

    private ClusterState Apply(TopicCreated record)
    {
        if (TopicName.Problem(record.Name) is { } problem) throw Refuse($"topic name '{record.Name}' {problem}");
        if (FindCollision(record.Name) is { } other) throw Refuse($"topic {record.Name} is created while there is {other.Name}");
        if (record.Id == Guid.Empty || TopicsById.ContainsKey(record.Id))
            throw Refuse($"topic {record.Name} has the id {record.Id}, which is taken");
        if (record.Partitions.IsEmpty) throw Refuse($"topic {record.Name} has no partitions");
        for (var i = 0; i < record.Partitions.Count; i++)
            if (record.Partitions[i].Problem() is { } wrong) throw Refuse($"partition {record.Name}-{i}: {wrong}");

        return WithTopic(new Topic(record.Name, record.Id, record.Config, record.Partitions)) with
        {
            PartitionCount = PartitionCount + record.Partitions.Count,
        };
    }

    private ClusterState Apply(TopicDeleted record)
    {
        var topic = FindTopic(record.Id) ?? throw Refuse($"topic {record.Id} is deleted but unknown");
        return this with
        {
            TopicsByName = TopicsByName.Remove(topic.Name),
            TopicsById = TopicsById.Remove(topic.Id),
            PartitionCount = PartitionCount - topic.Partitions.Count,
        };
    }

    private ClusterState Apply(PartitionChanged record)
    {
        var topic = FindTopic(record.TopicId)
            ?? throw Refuse($"a partition of topic {record.TopicId} changes but the topic is unknown");
        if (record.Partition < 0 || record.Partition >= topic.Partitions.Count)
            throw Refuse($"topic {topic.Name} has no partition {record.Partition}");

        var name = $"{topic.Name}-{record.Partition}";
        var before = topic.Partitions[record.Partition];
        if (record.PartitionEpoch != before.Epoch + 1)
            throw Refuse($"partition {name} changes to epoch {record.PartitionEpoch} from {before.Epoch}");
        // The epoch of a leader names one reign: it must grow with every new one and may not grow by more.
        var reigns = record.LeaderEpoch - before.LeaderEpoch;
        if (reigns is not (0 or 1) || (reigns == 0 && record.Leader != before.Leader))
        {
            throw Refuse($"partition {name} goes from leader {before.Leader} in epoch {before.LeaderEpoch} " +
                $"to {record.Leader} in {record.LeaderEpoch}");
        }

        var after = new PartitionState(before.Replicas, record.Leader, record.LeaderEpoch, record.Isr, record.PartitionEpoch) { Eligible = record.Eligible };
        if (after.Problem() is { } problem) throw Refuse($"partition {name}: {problem}");

        return WithTopic(topic with { Partitions = topic.Partitions.SetItem(record.Partition, after) });
    }

    private ClusterState Apply(ProducerIdsAllocated record) => record.NextProducerId > NextProducerId
        ? this with { NextProducerId = record.NextProducerId }
        : throw Refuse($"producer ids up to {record.NextProducerId} are allocated after {NextProducerId}");

    private ClusterState WithTopic(Topic topic) => this with
    {
        TopicsByName = TopicsByName.SetItem(topic.Name, topic),
        TopicsById = TopicsById.SetItem(topic.Id, topic),
    };

    private ClusterRecordException Refuse(string why) => new($"record {Version + 1}: {why}.");
}
