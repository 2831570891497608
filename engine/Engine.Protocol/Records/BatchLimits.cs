namespace Engine.Protocol.Records;

/// <summary>What a topic asks of a producer's batch, as it stands at this moment.</summary>
/// <param name="MaxBytes">The largest batch, header included: <c>max.message.bytes</c>.</param>
/// <param name="EarliestMs">The oldest timestamp taken, in milliseconds since the Unix epoch.</param>
/// <param name="LatestMs">The youngest timestamp taken. Without it a clock that is wrong would keep segments from ever
/// growing old.</param>
/// <param name="NeedsKeys">Whether every record must have a key, as compaction needs one.</param>
public readonly record struct BatchLimits(int MaxBytes, long EarliestMs, long LatestMs, bool NeedsKeys)
{
    /// <summary>Only the size is limited.</summary>
    public static BatchLimits OfSize(int maxBytes) => new(maxBytes, long.MinValue, long.MaxValue, NeedsKeys: false);

    /// <summary>Limits round <paramref name="nowMs"/>; spans too large to reckon with are no limit.</summary>
    public static BatchLimits At(long nowMs, int maxBytes, long beforeMaxMs, long afterMaxMs, bool needsKeys) => new(
        maxBytes,
        EarliestMs: beforeMaxMs > nowMs ? long.MinValue : nowMs - beforeMaxMs,
        LatestMs: afterMaxMs > long.MaxValue - nowMs ? long.MaxValue : nowMs + afterMaxMs,
        needsKeys);

    /// <summary>Whether a timestamp may be taken; -1 says that there is none.</summary>
    public bool Allow(long timestampMs) => timestampMs == -1 || (timestampMs >= EarliestMs && timestampMs <= LatestMs);
}
