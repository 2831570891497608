using System.Text;
using Harness.Plans;

namespace Harness.Systems.Kafka;

/// <summary>The <c>server.properties</c> of one node that is broker and controller at once (KRaft, combined mode).</summary>
internal static class KafkaProperties
{
    private const string ClientListener = "PLAINTEXT";
    private const string ControllerListener = "CONTROLLER";

    /// <summary>A cluster's internal topics have as many copies as Kafka's own defaults ask for, where there are so many nodes.</summary>
    private const int InternalCopies = 3;

    private static readonly HashSet<string> Places =
        ["process.roles", "node.id", "controller.quorum.voters", "listeners", "advertised.listeners", "controller.listener.names", "inter.broker.listener.name", "log.dirs"];

    /// <summary>Whether a setting follows from where the nodes are, so that a plan cannot change it.</summary>
    public static bool IsHarnessOwn(string name) => Places.Contains(name) || name is "min.insync.replicas";

    /// <summary>All settings of a node by name, in the order of the file.</summary>
    /// <param name="cluster">The plan.</param>
    /// <param name="place">The node, with its ports and its quorum.</param>
    /// <param name="settings">What plan and variant ask for, in Kafka's words.</param>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(ClusterPlan cluster, NodePlace place, IReadOnlyDictionary<string, string> settings)
    {
        var quorum = place.Quorum ?? throw new ArgumentException("the node was not arranged", nameof(place));
        var copies = $"{Math.Min(InternalCopies, cluster.Nodes)}";
        var inSync = $"{Math.Min(InternalCopies - 1, cluster.Nodes)}";
        var all = new List<KeyValuePair<string, string>>
        {
            new("process.roles", "broker,controller"),
            new("node.id", $"{place.NodeId}"),
            new("controller.quorum.voters", string.Join(',', quorum.Voters)),
            new("listeners", $"{ClientListener}://{place.Host}:{place.Port},{ControllerListener}://{place.Host}:{quorum.ControllerPort}"),
            new("advertised.listeners", $"{ClientListener}://{place.Host}:{place.Port}"),
            new("controller.listener.names", ControllerListener),
            new("inter.broker.listener.name", ClientListener),
            new("log.dirs", place.DataFolder),
            new("min.insync.replicas", $"{cluster.MinInSync}"),
            new("offsets.topic.replication.factor", copies),
            new("transaction.state.log.replication.factor", copies),
            new("transaction.state.log.min.isr", inSync),
            new("share.coordinator.state.topic.replication.factor", copies),
            new("share.coordinator.state.topic.min.isr", inSync),
        };
        all.RemoveAll(own => settings.ContainsKey(own.Key));
        all.AddRange(settings.OrderBy(setting => setting.Key, StringComparer.Ordinal));
        return all;
    }

    /// <summary>The file's text. Source: java.util.Properties.load, to which a backslash is an escape.</summary>
    public static string Text(IEnumerable<KeyValuePair<string, string>> settings) => settings.Aggregate(
        new StringBuilder(), (text, setting) => text.Append(setting.Key).Append('=').Append(setting.Value.Replace("\\", "\\\\", StringComparison.Ordinal)).Append('\n')).ToString();
}
