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

    /// <summary>A number from 0 to 1.</summary>
    Fraction,

    /// <summary>True or false.</summary>
    Flag,
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
        new("cleanup.policy", "log.cleanup.policy", ConfigKind.Words,
            "What happens to old segments: they are deleted, or compacted to the last record of each key, or both.",
            "delete, compact or compact,delete", config => config.CleanupPolicy,
            (config, text) => CleanupPolicies.Contains(text) ? config with { CleanupPolicy = text } : null),
        OneValue("compression.type", "compression.type", "producer", ConfigKind.Word,
            "Batches are stored as the producer compressed them."),
        Number64("delete.retention.ms", "log.cleaner.delete.retention.ms", 0,
            "Milliseconds that a compacted partition keeps a record without a value, which deletes its key.",
            config => config.DeleteRetentionMs, (config, value) => config with { DeleteRetentionMs = value }),
        Number32("max.message.bytes", "message.max.bytes", 0,
            "Bytes of the largest record batch, as sent.",
            config => config.MaxMessageBytes, (config, value) => config with { MaxMessageBytes = value }),
        Number64("message.timestamp.after.max.ms", "log.message.timestamp.after.max.ms", 0,
            "Milliseconds that a record's timestamp may lie after the time it arrives.",
            config => config.TimestampAfterMaxMs, (config, value) => config with { TimestampAfterMaxMs = value }),
        Number64("message.timestamp.before.max.ms", "log.message.timestamp.before.max.ms", 0,
            "Milliseconds that a record's timestamp may lie before the time it arrives.",
            config => config.TimestampBeforeMaxMs, (config, value) => config with { TimestampBeforeMaxMs = value }),
        OneValue("message.timestamp.type", "log.message.timestamp.type", "CreateTime", ConfigKind.Word,
            "Records keep the time their producer gave them."),
        Fraction("min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio",
            "The share of a compacted partition's bytes that must be new before it is compacted again.",
            config => config.MinCleanableDirtyRatio, (config, value) => config with { MinCleanableDirtyRatio = value }),
        Number64("min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms", 0,
            "Milliseconds that a record is kept at least before compaction may remove it.",
            config => config.MinCompactionLagMs, (config, value) => config with { MinCompactionLagMs = value }),
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
        Flag("unclean.leader.election.enable", "unclean.leader.election.enable",
            "Whether a replica that may lack committed records leads when no other lives.",
            config => config.UncleanLeaderElection, (config, value) => config with { UncleanLeaderElection = value }),
    ];

    // The two in either order, as Kafka takes them.
    private static readonly string[] CleanupPolicies = ["delete", "compact", "compact,delete", "delete,compact"];

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

    private static TopicConfigKey Fraction(string name, string brokerName, string documentation,
        Func<TopicConfig, double> get, Func<TopicConfig, double, TopicConfig> set) =>
        new(name, brokerName, ConfigKind.Fraction, documentation, "a number from 0 to 1",
            config => get(config).ToString(CultureInfo.InvariantCulture),
            (config, text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= 1
                ? set(config, value) : null);

    private static TopicConfigKey Flag(string name, string brokerName, string documentation,
        Func<TopicConfig, bool> get, Func<TopicConfig, bool, TopicConfig> set) =>
        new(name, brokerName, ConfigKind.Flag, documentation, "true or false",
            config => get(config) ? "true" : "false",
            (config, text) => text is "true" or "false" ? set(config, text == "true") : null);

    // Clients send these settings whether or not they differ; the one value there is must pass.
    private static TopicConfigKey OneValue(string name, string brokerName, string value, ConfigKind kind, string documentation) =>
        new(name, brokerName, kind, documentation, value, _ => value, (config, text) => text == value ? config : null);

    private static long? Number(string text, long min, long max) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
        && value >= min && value <= max
            ? value
            : null;
}
