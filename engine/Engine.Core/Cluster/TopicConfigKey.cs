using System.Globalization;

namespace Engine.Core.Cluster;

/// <summary>What kind of value a setting has.</summary>
public enum ConfigKind
{
    /// <summary>One of a few words.</summary>
    Word,

    /// <summary>Some of a few words.</summary>
    Words,

    /// <summary>A whole number of 32 bits.</summary>
    Number32,

    /// <summary>A whole number of 64 bits.</summary>
    Number64,
}

/// <summary>One setting of a topic: its name and text form on the wire.</summary>
/// <param name="BrokerName">The broker's setting that gives the default.</param>
/// <param name="Allowed">The values it takes, in words.</param>
/// <param name="Get">The value as text.</param>
/// <param name="Set">The configuration with this value, or null when the text is not allowed.</param>
public sealed record TopicConfigKey(
    string Name,
    string BrokerName,
    ConfigKind Kind,
    string Documentation,
    string Allowed,
    Func<TopicConfig, string> Get,
    Func<TopicConfig, string, TopicConfig?> Set)
{
    /// <summary>Every setting there is, by name.</summary>
    public static IReadOnlyList<TopicConfigKey> All { get; } =
    [
        OneValue("cleanup.policy", "log.cleanup.policy", "delete", ConfigKind.Words,
            "What happens to old segments. Compaction is not supported."),
        OneValue("compression.type", "compression.type", "producer", ConfigKind.Word,
            "Batches are stored as the producer compressed them."),
        Number32("max.message.bytes", "message.max.bytes", 0,
            "Bytes of the largest record batch, as sent.",
            config => config.MaxMessageBytes, (config, value) => config with { MaxMessageBytes = value }),
        OneValue("message.timestamp.type", "log.message.timestamp.type", "CreateTime", ConfigKind.Word,
            "Records keep the time their producer gave them."),
        Number32("min.insync.replicas", "min.insync.replicas", 1,
            "In-sync replicas that a produce with acks=all needs.",
            config => config.MinInsyncReplicas, (config, value) => config with { MinInsyncReplicas = value }),
        Number64("retention.bytes", "log.retention.bytes", -1,
            "Bytes that a partition keeps at least before its oldest segments are deleted; -1 is no limit.",
            config => config.RetentionBytes, (config, value) => config with { RetentionBytes = value }),
        Number64("retention.ms", "log.retention.ms", -1,
            "Milliseconds that a record is kept at least before its segment is deleted; -1 is no limit.",
            config => config.RetentionMs, (config, value) => config with { RetentionMs = value }),
        // One page: below it the index could not keep its step and a file would cost more than it holds.
        Number32("segment.bytes", "log.segment.bytes", 4096,
            "Bytes of one segment file.",
            config => config.SegmentBytes, (config, value) => config with { SegmentBytes = value }),
        Number64("segment.ms", "log.roll.ms", 1,
            "Milliseconds after which a segment is closed though it is not full.",
            config => config.SegmentMs, (config, value) => config with { SegmentMs = value }),
    ];

    public static TopicConfigKey? Find(string name) => All.FirstOrDefault(key => key.Name == name);

    private static TopicConfigKey Number32(string name, string brokerName, int min, string documentation,
        Func<TopicConfig, int> get, Func<TopicConfig, int, TopicConfig> set) =>
        new(name, brokerName, ConfigKind.Number32, documentation, $"a whole number from {min} to {int.MaxValue}",
            config => get(config).ToString(CultureInfo.InvariantCulture),
            (config, text) => Number(text, min, int.MaxValue) is { } value ? set(config, (int)value) : null);

    private static TopicConfigKey Number64(string name, string brokerName, long min, string documentation,
        Func<TopicConfig, long> get, Func<TopicConfig, long, TopicConfig> set) =>
        new(name, brokerName, ConfigKind.Number64, documentation, $"a whole number of at least {min}",
            config => get(config).ToString(CultureInfo.InvariantCulture),
            (config, text) => Number(text, min, long.MaxValue) is { } value ? set(config, value) : null);

    // Clients send these settings whether or not they differ; the one value there is must pass.
    private static TopicConfigKey OneValue(string name, string brokerName, string value, ConfigKind kind, string documentation) =>
        new(name, brokerName, kind, documentation, value, _ => value, (config, text) => text == value ? config : null);

    private static long? Number(string text, long min, long max) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
        && value >= min && value <= max
            ? value
            : null;
}
