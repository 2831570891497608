using System.Globalization;
using System.Text.RegularExpressions;
using Engine.Core.Strategies;
using Harness.Load;
using Harness.Load.Running;
using Harness.Runs;

namespace Harness.Plans;

/// <summary>The disk space a run will take, worked out before it starts.</summary>
/// <param name="Bytes">At most this much at once.</param>
/// <param name="Reason">How it comes about, in numbers.</param>
public sealed partial record DiskBudget(long Bytes, string Reason)
{
    /// <summary>Left free whatever a run needs: a full filesystem hurts more than the run.</summary>
    public const long ReserveBytes = 1L << 30;

    /// <summary>
    /// A closed loop writes as fast as the disk takes it, and nothing says how fast that is beforehand. All copies together
    /// are taken to write no more than this: well above the 1.5 GB/s that the fastest virtual disks seen here sustain.
    /// </summary>
    public const long ClosedLoopBytesPerSecond = 2_000_000_000;

    /// <summary>A record's lengths, deltas and header count in a batch, up to 8 bytes, and its share of the batch header.</summary>
    private const double RecordOverheadBytes = 12;

    /// <summary>Kafka's default, which a broker that names none is taken to follow.</summary>
    private const long DefaultSegmentBytes = 1L << 30;

    /// <summary>What one run of <paramref name="plan"/>, its axes applied, takes with the node's resolved <paramref name="settings"/>.</summary>
    public static DiskBudget Of(Plan plan, IReadOnlyDictionary<string, string> settings)
    {
        if (plan.Load is not BrokerLoad load) return OfFiles(plan.Load);

        var copies = plan.Cluster.Replication;
        var segment = SizeOf(settings, "segment.bytes") ?? DefaultSegmentBytes;
        var allocated = Math.Min(segment, AheadOf(settings) ?? segment) * load.Partitions * copies;
        var (written, reason) = load switch
        {
            ReadLoad read => Fill(read, copies),
            ProduceLoad { BacklogBytes: > 0 } produce => With(Fill(produce.Backlog, copies), Produced(load.Send, copies, plan.Schedule.Warmup + plan.Schedule.Measure)),
            _ => Produced(load.Send, copies, plan.Schedule.Warmup + plan.Schedule.Measure),
        };

        if (SizeOf(settings, "retention.bytes") is { } kept && kept > 0 && load.Partitions * copies * (kept + segment) is var bound && bound < written)
            (written, reason) = (bound, $"{load.Partitions} x {copies} copies that keep {Gigabytes(kept)} and a segment each");

        var budget = new DiskBudget(written + allocated, $"{reason}, and {Gigabytes(allocated)} allocated ahead");
        return plan.Cluster.Warmup is { } warmup && warmup > TimeSpan.Zero && OfWarmup(load, copies) is var before && before.Bytes + allocated > budget.Bytes
            ? new DiskBudget(before.Bytes + allocated, $"warming up, {before.Reason}, and {Gigabytes(allocated)} allocated ahead")
            : budget;
    }

    /// <summary>The sentence that refuses a run, or null when <paramref name="freeBytes"/> holds it.</summary>
    public string? Problem(string cell, string folder, long freeBytes) => Bytes + ReserveBytes <= freeBytes
        ? null
        : $"{cell} may fill {Gigabytes(Bytes)} ({Reason}), but only {Gigabytes(freeBytes)} are free under {folder}, of which {Gigabytes(ReserveBytes)} stay free: "
          + "lower the rate or the time, bound it with --set broker.retention.bytes=…, or name another disk with --data.";

    private static DiskBudget OfFiles(LoadPlan load) => load is FileLoad { Work: { UsesFiles: true } work }
        ? new DiskBudget(work.FileBytes, $"files of {Gigabytes(work.FileBytes)}")
        : new DiskBudget(0, "no files");

    private static (long, string) Fill(ReadLoad read, int copies)
    {
        var overhead = 1 + RecordOverheadBytes / MeanBytes(read.Send);
        return ((long)(read.FillBytes * overhead * copies), $"{Gigabytes(read.FillBytes)} x {copies} copies");
    }

    // The files of a slice may still be there in the next.
    private static (long Bytes, string Reason) OfWarmup(BrokerLoad load, int copies) =>
        Produced(load is ReadLoad ? load.Send with { Arrival = Arrival.Closed } : load.Send, copies, 2 * NodeWarmup.Slice);

    private static (long, string) With((long Bytes, string Reason) one, (long Bytes, string Reason) other) =>
        (one.Bytes + other.Bytes, $"{one.Reason}, and {other.Reason}");

    private static (long, string) Produced(ProduceSpec send, int copies, TimeSpan time)
    {
        if (send.Arrival == Arrival.Closed)
            return ((long)(ClosedLoopBytesPerSecond * time.TotalSeconds), $"a closed loop at up to {Gigabytes(ClosedLoopBytesPerSecond)}/s for {Quantity.Format(time)}");

        var recordBytes = RecordBytes(send);
        return ((long)(send.RecordsPerSecond * recordBytes * copies * time.TotalSeconds),
            FormattableString.Invariant($"{send.RecordsPerSecond:N0} records/s x {recordBytes:0} B x {copies} copies x {Quantity.Format(time)}"));
    }

    // The active segment of a copy may be allocated whole ahead of its bytes, unless the write path says how far.
    private static long? AheadOf(IReadOnlyDictionary<string, string> settings) =>
        settings.GetValueOrDefault("write") is { } write && Ahead().Match(write) is { Success: true } ahead ? Quantity.ParseBytes(ahead.Groups[1].Value) : null;

    [GeneratedRegex(@"[(,]\s*preallocate=(\w+)")]
    private static partial Regex Ahead();

    /// <summary>What a record takes in a log, its share of the batch's header included.</summary>
    internal static double RecordBytes(ProduceSpec send) => MeanBytes(send) + RecordOverheadBytes;

    private static double MeanBytes(ProduceSpec send) => SpecCheck.Values(send, seed: 1).MeanBytes;

    private static long? SizeOf(IReadOnlyDictionary<string, string> settings, string name) => !settings.TryGetValue(name, out var text) ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var bytes) ? bytes
        : Quantity.ParseBytes(text);

    private static string Gigabytes(long bytes) => (bytes / 1e9).ToString("0.0", CultureInfo.InvariantCulture) + " GB";
}
