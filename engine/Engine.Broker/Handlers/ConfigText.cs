using Engine.Core.Cluster;
using Engine.Protocol.Messages;

namespace Engine.Broker.Handlers;

/// <summary>Settings as text with who set them, as clients are told.</summary>
internal static class ConfigText
{
    /// <summary>Every setting of a topic: its own, or the broker's, or the one the broker was built with.</summary>
    public static IEnumerable<(TopicConfigKey Key, string Value, ConfigSource Source)> OfTopic(
        IReadOnlyDictionary<string, string> own, TopicConfig brokerDefaults) =>
        TopicConfigKey.All.Select(key => own.TryGetValue(key.Name, out var value)
            ? (key, value, ConfigSource.Topic)
            : (key, key.Get(brokerDefaults), SourceOfDefault(key, brokerDefaults)));

    /// <summary>Whether the broker was told its default for this setting at its start.</summary>
    public static ConfigSource SourceOfDefault(TopicConfigKey key, TopicConfig brokerDefaults) =>
        key.Get(brokerDefaults) == key.Get(BuiltIn) ? ConfigSource.Default : ConfigSource.StaticBroker;

    public static ConfigType TypeOf(ConfigKind kind) => kind switch
    {
        ConfigKind.Words => ConfigType.List,
        ConfigKind.Number32 => ConfigType.Int,
        ConfigKind.Number64 => ConfigType.Long,
        ConfigKind.Fraction => ConfigType.Double,
        ConfigKind.Flag => ConfigType.Boolean,
        _ => ConfigType.String,
    };

    private static readonly TopicConfig BuiltIn = new();
}
