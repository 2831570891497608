using System.Collections.Immutable;
using System.Text.Json;
using Engine.Core.Cluster;

namespace Engine.Broker.Metadata;

/// <summary>Records as JSON, spelled out here so that renaming a property in code cannot change what is on disk.</summary>
internal static class ClusterRecordJson
{
    public static void Write(Utf8JsonWriter json, ClusterRecord record)
    {
        json.WriteStartObject();
        switch (record)
        {
            case ClusterCreated created:
                json.WriteString("type", "cluster-created");
                json.WriteString("cluster", created.ClusterId);
                break;
            case BrokerRegistered broker:
                json.WriteString("type", "broker-registered");
                json.WriteNumber("node", broker.NodeId);
                json.WriteNumber("epoch", broker.BrokerEpoch);
                json.WriteString("host", broker.Host);
                json.WriteNumber("port", broker.Port);
                json.WriteString("innerHost", broker.InterBrokerHost);
                json.WriteNumber("innerPort", broker.InterBrokerPort);
                break;
            case BrokerStopped broker:
                json.WriteString("type", "broker-stopped");
                json.WriteNumber("node", broker.NodeId);
                json.WriteNumber("epoch", broker.BrokerEpoch);
                break;
            case TopicCreated topic:
                json.WriteString("type", "topic-created");
                json.WriteString("name", topic.Name);
                json.WriteString("id", topic.Id);
                json.WriteStartObject("config");
                foreach (var (key, value) in topic.Config) json.WriteString(key, value);
                json.WriteEndObject();
                json.WriteStartArray("partitions");
                foreach (var partition in topic.Partitions) Write(json, partition);
                json.WriteEndArray();
                break;
            case TopicDeleted topic:
                json.WriteString("type", "topic-deleted");
                json.WriteString("id", topic.Id);
                break;
            case PartitionChanged changed:
                json.WriteString("type", "partition-changed");
                json.WriteString("topic", changed.TopicId);
                json.WriteNumber("partition", changed.Partition);
                json.WriteNumber("leader", changed.Leader);
                json.WriteNumber("leaderEpoch", changed.LeaderEpoch);
                Write(json, "isr", changed.Isr);
                if (!changed.Eligible.IsEmpty) Write(json, "eligible", changed.Eligible);
                json.WriteNumber("epoch", changed.PartitionEpoch);
                break;
            case ProducerIdsAllocated allocated:
                json.WriteString("type", "producer-ids-allocated");
                json.WriteNumber("next", allocated.NextProducerId);
                break;
            default:
                throw new ArgumentException($"{record.GetType().Name} has no form on disk.", nameof(record));
        }

        json.WriteEndObject();
    }

    /// <exception cref="MetadataException">A kind of record that this version does not know.</exception>
    public static ClusterRecord Read(JsonElement json) => json.GetProperty("type").GetString() switch
    {
        "cluster-created" => new ClusterCreated(Text(json, "cluster")),
        "broker-registered" => new BrokerRegistered(
            Number(json, "node"), json.GetProperty("epoch").GetInt64(), Text(json, "host"), Number(json, "port"),
            Text(json, "innerHost"), Number(json, "innerPort")),
        "broker-stopped" => new BrokerStopped(Number(json, "node"), json.GetProperty("epoch").GetInt64()),
        "topic-created" => new TopicCreated(
            Text(json, "name"), json.GetProperty("id").GetGuid(),
            json.GetProperty("config").EnumerateObject().ToImmutableSortedDictionary(
                setting => setting.Name, setting => setting.Value.GetString()!, StringComparer.Ordinal),
            json.GetProperty("partitions").EnumerateArray().Select(ReadPartition).ToImmutableList()),
        "topic-deleted" => new TopicDeleted(json.GetProperty("id").GetGuid()),
        "partition-changed" => new PartitionChanged(
            json.GetProperty("topic").GetGuid(), Number(json, "partition"), Number(json, "leader"), Number(json, "leaderEpoch"),
            Nodes(json, "isr"), Number(json, "epoch")) { Eligible = NodesIfAny(json, "eligible") },
        "producer-ids-allocated" => new ProducerIdsAllocated(json.GetProperty("next").GetInt64()),
        var other => throw new MetadataException(
            $"there is a record of type '{other}', which this version does not know: start the version that wrote it."),
    };

    // Only what a new partition does not have by itself: ten thousand of them stay under a megabyte.
    private static void Write(Utf8JsonWriter json, PartitionState partition)
    {
        json.WriteStartObject();
        Write(json, "replicas", partition.Replicas);
        if (partition.Epoch > 0)
        {
            json.WriteNumber("leader", partition.Leader);
            json.WriteNumber("leaderEpoch", partition.LeaderEpoch);
            Write(json, "isr", partition.Isr);
            if (!partition.Eligible.IsEmpty) Write(json, "eligible", partition.Eligible);
            json.WriteNumber("epoch", partition.Epoch);
        }

        json.WriteEndObject();
    }

    private static PartitionState ReadPartition(JsonElement json) => json.TryGetProperty("epoch", out var epoch)
        ? new PartitionState(
            Nodes(json, "replicas"), Number(json, "leader"), Number(json, "leaderEpoch"), Nodes(json, "isr"), epoch.GetInt32()) { Eligible = NodesIfAny(json, "eligible") }
        : PartitionState.New(Nodes(json, "replicas"));

    private static void Write(Utf8JsonWriter json, string name, ImmutableArray<int> nodes)
    {
        json.WriteStartArray(name);
        foreach (var node in nodes) json.WriteNumberValue(node);
        json.WriteEndArray();
    }

    private static ImmutableArray<int> Nodes(JsonElement json, string name) =>
        [.. json.GetProperty(name).EnumerateArray().Select(node => node.GetInt32())];

    private static ImmutableArray<int> NodesIfAny(JsonElement json, string name) => json.TryGetProperty(name, out _) ? Nodes(json, name) : [];

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private static int Number(JsonElement json, string name) => json.GetProperty(name).GetInt32();
}
