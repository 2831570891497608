using System.Globalization;
using Engine.Broker.Metadata;
using Engine.Core;
using Engine.Core.Cluster;
using Engine.Protocol.Messages;

namespace Engine.Broker.Handlers;

/// <summary>Tells the settings of topics and of this broker, and where each value comes from.</summary>
/// <remarks>The broker's include its strategies, so that a measurement can store what it measured.</remarks>
internal sealed class DescribeConfigsHandler(IMetadataStore store, NodeSettings node)
{
    public DescribeConfigsResponse Handle(DescribeConfigsRequest request) =>
        new() { Resources = [.. request.Resources.Select(resource => Describe(resource, request))] };

    private DescribedResource Describe(ConfigResource resource, DescribeConfigsRequest request)
    {
        var (error, message) = Check(resource);
        var settings = error != ErrorCode.None ? []
            : resource.Type == ConfigResourceType.Topic ? OfTopic(store.State.FindTopic(resource.Name)!)
            : resource.Name.Length > 0 ? OfBroker()
            : [];
        return new DescribedResource
        {
            Error = error,
            ErrorMessage = message,
            Type = resource.Type,
            Name = resource.Name,
            // No keys and an empty list of keys both ask for all, as in Kafka.
            Configs = [.. settings
                .Where(setting => resource.Keys is not { Count: > 0 } keys || keys.Contains(setting.Name))
                .Select(setting => setting with
                {
                    Synonyms = request.IncludeSynonyms ? setting.Synonyms : [],
                    Documentation = request.IncludeDocumentation ? setting.Documentation : null,
                })],
        };
    }

    private (ErrorCode Error, string? Message) Check(ConfigResource resource)
    {
        switch (resource.Type)
        {
            case ConfigResourceType.Topic when TopicName.Problem(resource.Name) is { } problem:
                return (ErrorCode.InvalidTopic, $"The name '{resource.Name}' {problem}.");
            case ConfigResourceType.Topic when store.State.FindTopic(resource.Name) is null:
                return (ErrorCode.UnknownTopicOrPartition, $"There is no topic '{resource.Name}'.");
            // Without a name: the settings changed for all brokers while they run, of which there are none.
            case ConfigResourceType.Topic:
            case ConfigResourceType.Broker when resource.Name.Length == 0 || resource.Name == Text(node.NodeId):
                return (ErrorCode.None, null);
            case ConfigResourceType.Broker:
                return (ErrorCode.InvalidRequest, $"This is broker {node.NodeId}: ask broker '{resource.Name}' itself.");
            default:
                return (ErrorCode.InvalidRequest,
                    $"Only topics and brokers have settings here, not resources of type {(sbyte)resource.Type}.");
        }
    }

    private IEnumerable<DescribedSetting> OfTopic(Topic topic) =>
        ConfigText.OfTopic(topic.Config, node.TopicDefaults).Select(setting => new DescribedSetting
        {
            Name = setting.Key.Name,
            Value = setting.Value,
            Source = setting.Source,
            Synonyms = setting.Source == ConfigSource.Topic
                ? [new(setting.Key.Name, setting.Value, ConfigSource.Topic), .. BrokerSynonyms(setting.Key)]
                : BrokerSynonyms(setting.Key),
            Type = ConfigText.TypeOf(setting.Key.Kind),
            Documentation = setting.Key.Documentation,
        });

    private IEnumerable<DescribedSetting> OfBroker() =>
    [
        Own("node.id", Text(node.NodeId), null, ConfigType.Int, "This node's id."),
        Own("num.partitions", Text(node.DefaultPartitions), Text(BuiltIn.DefaultPartitions), ConfigType.Int,
            "Partitions of a topic whose creator does not say."),
        Own("default.replication.factor", Text(node.DefaultReplicationFactor), Text(BuiltIn.DefaultReplicationFactor),
            ConfigType.Int, "Replicas of a partition whose creator does not say."),
        Own("auto.create.topics.enable", Text(node.AutoCreateTopics), Text(BuiltIn.AutoCreateTopics), ConfigType.Boolean,
            "Whether asking for an unknown topic creates it."),
        .. TopicConfigKey.All.Select(key => new DescribedSetting
        {
            Name = key.BrokerName,
            Value = key.Get(node.TopicDefaults),
            ReadOnly = true,
            Source = ConfigText.SourceOfDefault(key, node.TopicDefaults),
            Synonyms = BrokerSynonyms(key),
            Type = ConfigText.TypeOf(key.Kind),
            Documentation = key.Documentation,
        }),
        .. node.Strategies.OrderBy(seam => seam.Key, StringComparer.Ordinal).Select(seam =>
            Own($"strategy.{seam.Key}", seam.Value, null, ConfigType.String,
                $"The strategy of the seam {seam.Key}, with its parameters.")),
    ];

    private static DescribedSetting Own(string name, string value, string? builtIn, ConfigType type, string documentation)
    {
        var source = value == builtIn ? ConfigSource.Default : ConfigSource.StaticBroker;
        return new()
        {
            Name = name,
            Value = value,
            ReadOnly = true,
            Source = source,
            Synonyms = [new(name, value, source)],
            Type = type,
            Documentation = documentation,
        };
    }

    // From the value in force to the one that would be if nobody had said anything.
    private ConfigSynonym[] BrokerSynonyms(TopicConfigKey key)
    {
        var builtIn = new ConfigSynonym(key.BrokerName, key.Get(BuiltIn.TopicDefaults), ConfigSource.Default);
        var source = ConfigText.SourceOfDefault(key, node.TopicDefaults);
        return source == ConfigSource.Default ? [builtIn] : [new(key.BrokerName, key.Get(node.TopicDefaults), source), builtIn];
    }

    private static readonly NodeSettings BuiltIn = new() { NodeId = 0 };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    // Kafka's spelling.
    private static string Text(bool flag) => flag ? "true" : "false";
}
