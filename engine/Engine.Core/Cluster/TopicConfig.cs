namespace Engine.Core.Cluster;

/// <summary>How a topic's partitions are stored: the broker's defaults, over which a topic sets its own.</summary>
public sealed record TopicConfig
{
    /// <summary>Bytes of one segment file. A batch larger than this is refused.</summary>
    public int SegmentBytes { get; init; } = 256 << 20;

    /// <summary>Milliseconds after which a segment is closed though it is not full.</summary>
    public long SegmentMs { get; init; } = Days(7);

    /// <summary>Bytes that a partition keeps at least; older whole segments go. −1: no limit.</summary>
    public long RetentionBytes { get; init; } = -1;

    /// <summary>Milliseconds that a record is kept at least; older whole segments go. −1: no limit.</summary>
    public long RetentionMs { get; init; } = Days(7);

    /// <summary>What becomes of old records, as clients spell it: <c>delete</c>, <c>compact</c> or both.</summary>
    public string CleanupPolicy { get; init; } = "delete";

    /// <summary>Whether old segments go, by size and by age.</summary>
    public bool IsDeleted => CleanupPolicy.Contains("delete", StringComparison.Ordinal);

    /// <summary>Whether only each key's last record is kept in the end.</summary>
    public bool IsCompacted => CleanupPolicy.Contains("compact", StringComparison.Ordinal);

    /// <summary>The share of a compacted partition's bytes that must be new since it was last compacted; 0 to 1.</summary>
    public double MinCleanableDirtyRatio { get; init; } = 0.5;

    /// <summary>Milliseconds that a compacted partition keeps a key's deletion, so that slow consumers learn of it.</summary>
    public long DeleteRetentionMs { get; init; } = Days(1);

    /// <summary>Milliseconds that a record stays as it was written before compaction may remove it.</summary>
    public long MinCompactionLagMs { get; init; }

    /// <summary>In-sync replicas that a produce with acks=all needs.</summary>
    public int MinInsyncReplicas { get; init; } = 1;

    /// <summary>Whether any living replica may lead when none lives that holds everything committed: records are lost then, not availability.</summary>
    public bool UncleanLeaderElection { get; init; }

    /// <summary>Bytes of the largest batch, as sent. Kafka's default: 1 MiB and the 12 bytes up to the end of a batch's length.</summary>
    public int MaxMessageBytes { get; init; } = (1 << 20) + 12;

    /// <summary>Milliseconds that a record's timestamp may lie before the time it arrives. Kafka's default: no limit.</summary>
    public long TimestampBeforeMaxMs { get; init; } = long.MaxValue;

    /// <summary>Milliseconds that a record's timestamp may lie after the time it arrives. Kafka's default: an hour.</summary>
    public long TimestampAfterMaxMs { get; init; } = 60 * 60 * 1000;

    /// <summary>These defaults with what <paramref name="settings"/> sets.</summary>
    /// <exception cref="ArgumentException">A setting that <see cref="Problem"/> objects to.</exception>
    public TopicConfig With(IEnumerable<KeyValuePair<string, string>> settings) =>
        settings.Aggregate(this, (config, setting) => TopicConfigKey.Find(setting.Key)?.Set(config, setting.Value) ??
            throw new ArgumentException(Problem(setting.Key, setting.Value)));

    /// <summary>What is wrong with a setting and what is allowed; null when nothing is wrong.</summary>
    public static string? Problem(string name, string? value)
    {
        if (TopicConfigKey.Find(name) is not { } key)
            return $"there is no topic setting '{name}': choose {string.Join(", ", TopicConfigKey.All.Select(k => k.Name))}.";

        return value is not null && key.Set(new TopicConfig(), value) is not null
            ? null
            : $"{name}={value ?? "null"} is not allowed: give {key.Allowed}.";
    }

    private static long Days(int days) => days * 24L * 60 * 60 * 1000;
}
