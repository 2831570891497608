using System.Collections.Immutable;
using Engine.Broker.Handlers;
using Engine.Core;
using Engine.Core.Cluster;
using Engine.Protocol.Messages;
using Engine.Tests.Core.Cluster;

namespace Engine.Tests.Broker.Handlers;

public sealed class DescribeConfigsHandlerTests
{
    private readonly MemoryMetadataStore _store = MemoryMetadataStore.OfBrokers(3);
    private readonly NodeSettings _node = new()
    {
        NodeId = 1,
        DefaultPartitions = 8,
        TopicDefaults = new() { RetentionMs = 5000, SegmentBytes = 1 << 20 },
        Strategies = new Dictionary<string, string> { ["flush"] = "interval(period=100ms)" },
    };

    public DescribeConfigsHandlerTests() => _store.Append(ClusterStateTests.Topic("t", Guid.NewGuid(), [1]) with
    {
        Config = ImmutableSortedDictionary<string, string>.Empty.Add("segment.bytes", "65536"),
    });

    [Fact]
    public void Handle_Topic_TellsEverySettingWithItsSource()
    {
        var settings = Describe(new(ConfigResourceType.Topic, "t")).Configs.ToDictionary(setting => setting.Name);

        Assert.Equal(TopicConfigKey.All.Select(key => key.Name).Order(), settings.Keys.Order());
        Assert.Equal(("65536", ConfigSource.Topic, ConfigType.Int), Of(settings["segment.bytes"]));
        Assert.Equal(("5000", ConfigSource.StaticBroker, ConfigType.Long), Of(settings["retention.ms"]));
        Assert.Equal(("1", ConfigSource.Default, ConfigType.Int), Of(settings["min.insync.replicas"]));
        Assert.Equal(("delete", ConfigSource.Default, ConfigType.List), Of(settings["cleanup.policy"]));
        Assert.All(settings.Values, setting => Assert.Empty(setting.Synonyms));
        Assert.All(settings.Values, setting => Assert.Null(setting.Documentation));
    }

    [Fact]
    public void Handle_SynonymsAsked_GoFromTheValueInForceToTheBuiltInOne()
    {
        var settings = Describe(new(ConfigResourceType.Topic, "t"), synonyms: true).Configs.ToDictionary(setting => setting.Name);

        Assert.Equal(
            [
                new("segment.bytes", "65536", ConfigSource.Topic),
                new("log.segment.bytes", "1048576", ConfigSource.StaticBroker),
                new("log.segment.bytes", "268435456", ConfigSource.Default),
            ],
            settings["segment.bytes"].Synonyms);
        Assert.Equal([new("min.insync.replicas", "1", ConfigSource.Default)], settings["min.insync.replicas"].Synonyms);
        Assert.All(settings.Values, setting => Assert.Equal((setting.Value, setting.Source), (setting.Synonyms[0].Value, setting.Synonyms[0].Source)));
    }

    [Fact]
    public void Handle_ThisBroker_TellsItsDefaultsAndItsStrategies()
    {
        var settings = Describe(new(ConfigResourceType.Broker, "1")).Configs.ToDictionary(setting => setting.Name);

        Assert.Equal(("1", ConfigSource.StaticBroker, ConfigType.Int), Of(settings["node.id"]));
        Assert.Equal(("8", ConfigSource.StaticBroker, ConfigType.Int), Of(settings["num.partitions"]));
        Assert.Equal(("true", ConfigSource.Default, ConfigType.Boolean), Of(settings["auto.create.topics.enable"]));
        Assert.Equal(("5000", ConfigSource.StaticBroker, ConfigType.Long), Of(settings["log.retention.ms"]));
        Assert.Equal(("interval(period=100ms)", ConfigSource.StaticBroker, ConfigType.String), Of(settings["strategy.flush"]));
        Assert.All(settings.Values, setting => Assert.True(setting.ReadOnly));
    }

    [Fact]
    public void Handle_Keys_AreTheOnlyOnesTold()
    {
        Assert.Equal(["retention.ms"], Names(new(ConfigResourceType.Topic, "t", ["retention.ms", "no.such"])));
        Assert.Equal(["node.id"], Names(new(ConfigResourceType.Broker, "1", ["node.id"])));
        Assert.Equal(TopicConfigKey.All.Count, Names(new(ConfigResourceType.Topic, "t", [])).Count);
        Assert.Empty(Names(new(ConfigResourceType.Broker, "")));
    }

    [Fact]
    public void Handle_DocumentationAsked_IsThereForEverySetting()
    {
        var response = new DescribeConfigsHandler(_store, _node).Handle(new()
        {
            Resources = [new(ConfigResourceType.Topic, "t"), new(ConfigResourceType.Broker, "1")], IncludeDocumentation = true,
        });
        Assert.All(response.Resources.SelectMany(resource => resource.Configs), setting => Assert.False(string.IsNullOrEmpty(setting.Documentation)));
    }

    [Theory]
    [InlineData(ConfigResourceType.Topic, "nope", ErrorCode.UnknownTopicOrPartition)]
    [InlineData(ConfigResourceType.Topic, "../x", ErrorCode.InvalidTopic)]
    [InlineData(ConfigResourceType.Broker, "2", ErrorCode.InvalidRequest)]
    [InlineData(ConfigResourceType.Broker, "one", ErrorCode.InvalidRequest)]
    [InlineData((ConfigResourceType)8, "logger", ErrorCode.InvalidRequest)]
    public void Handle_ResourceThatIsNotHere_SaysWhy(ConfigResourceType type, string name, ErrorCode error)
    {
        var resource = Describe(new(type, name));
        Assert.Equal((error, type, name), (resource.Error, resource.Type, resource.Name));
        Assert.False(string.IsNullOrEmpty(resource.ErrorMessage));
        Assert.Empty(resource.Configs);
    }

    private static (string?, ConfigSource, ConfigType) Of(DescribedSetting setting) => (setting.Value, setting.Source, setting.Type);

    private List<string> Names(ConfigResource resource) => [.. Describe(resource).Configs.Select(setting => setting.Name)];

    private DescribedResource Describe(ConfigResource resource, bool synonyms = false) => Assert.Single(
        new DescribeConfigsHandler(_store, _node).Handle(new() { Resources = [resource], IncludeSynonyms = synonyms }).Resources);
}
