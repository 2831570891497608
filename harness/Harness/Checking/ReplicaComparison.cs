using Engine.Protocol.Records;

namespace Harness.Checking;

/// <summary>Where one node keeps its replicas.</summary>
public sealed record ReplicaPlace(int NodeId, string DataFolder);

/// <summary>Whether the replicas of a partition hold the same bytes below the high watermark: offsets, leader epochs and records alike.</summary>
public static class ReplicaComparison
{
    /// <summary>Compares each replica with the first; one difference a replica, for behind it nothing fits.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="partition">Which partition.</param>
    /// <param name="highWatermark">Up to where; behind it replicas may differ.</param>
    /// <param name="replicas">Two or more, and nodes that have caught up.</param>
    /// <param name="comparedBytes">Bytes of the first replica that were compared with at least one other.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static IReadOnlyList<string> Differences(
        string topic, int partition, long highWatermark, IReadOnlyList<ReplicaPlace> replicas, out long comparedBytes)
    {
        var differences = new List<string>();
        comparedBytes = 0;
        foreach (var other in replicas.Skip(1))
        {
            using var one = new ReplicaLog(replicas[0].DataFolder, topic, partition);
            using var two = new ReplicaLog(other.DataFolder, topic, partition);
            var compared = Compare(one, two, highWatermark, out var bytes);
            comparedBytes = Math.Max(comparedBytes, bytes);
            if (compared is not null) differences.Add($"{topic}-{partition}, nodes {replicas[0].NodeId} and {other.NodeId}: {compared}");
        }

        return differences;
    }

    private static string? Compare(ReplicaLog one, ReplicaLog two, long highWatermark, out long bytes)
    {
        bytes = 0;
        var next = 0L;
        var (hasOne, hasTwo) = (one.MoveNext(), two.MoveNext());
        // Retention is each replica's own: what only one of them still has is not compared.
        while (hasOne && hasTwo && First(one) != First(two))
        {
            if (First(one) < First(two)) hasOne = one.MoveNext();
            else hasTwo = two.MoveNext();
        }

        for (; hasOne && hasTwo; hasOne = one.MoveNext(), hasTwo = two.MoveNext())
        {
            if (First(one) >= highWatermark && First(two) >= highWatermark) return null;
            if (!one.Batch.SequenceEqual(two.Batch)) return $"the bytes differ in the batch at offset {First(one)} ({Of(one)} and {Of(two)})";

            bytes += one.Batch.Length;
            next = new BatchHeader(one.Batch).NextOffset;
        }

        if (next >= highWatermark) return null; // whatever comes behind may be in the middle of being written
        if ((one.Damage ?? two.Damage) is { } damage) return damage;

        return (hasOne, hasTwo) switch
        {
            (true, false) => $"the second ends at offset {next}, below the high watermark {highWatermark}",
            (false, true) => $"the first ends at offset {next}, below the high watermark {highWatermark}",
            _ => $"both end at offset {next}, below the high watermark {highWatermark}",
        };
    }

    private static long First(ReplicaLog log) => new BatchHeader(log.Batch).BaseOffset;

    private static string Of(ReplicaLog log)
    {
        var header = new BatchHeader(log.Batch);
        return $"offset {header.BaseOffset}, {header.RecordCount} records, epoch {header.LeaderEpoch}, crc {header.Crc:x8}";
    }
}
