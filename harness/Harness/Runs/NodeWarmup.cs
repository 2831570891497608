using System.Globalization;
using Engine.Core.Strategies;
using Harness.Load;
using Harness.Plans;

namespace Harness.Runs;

/// <summary>Puts a cluster under its plan's load before anything counts, until its runtime has settled.</summary>
/// <remarks>
/// A just-in-time compiler compiles what is called often, while it is called. The load goes to topics that are deleted again, so that
/// a minute of it fills no disk and the topic that counts begins empty, as any other system's does.
/// </remarks>
internal static class NodeWarmup
{
    /// <summary>A topic lives no longer, which bounds the disk space.</summary>
    public static readonly TimeSpan Slice = TimeSpan.FromSeconds(10);

    /// <summary>How long a slice's answers may be late: cold nodes take long for what they hold once warm, and for what they never will.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>What one slice must gain on the one before for another to be worth it; what is less comes and goes by itself.</summary>
    private const double BetterRate = 1.05;
    private const double BetterLatency = 0.8;

    /// <summary>Into how many topics a time is cut.</summary>
    public static int SlicesOf(TimeSpan time) => (int)Math.Ceiling(time / Slice);

    /// <summary>Warms up for at least <paramref name="time"/>, and for as long again while it still gets better.</summary>
    /// <param name="time">At least this long.</param>
    /// <param name="job">Makes the job of one slice from its topic's name.</param>
    /// <param name="work">Does a job on a new topic that is deleted afterwards.</param>
    /// <returns>How it went, in words.</returns>
    /// <exception cref="RunFailedException">The load failed.</exception>
    public static async Task<string> Run(TimeSpan time, Func<string, LoadSpec> job, Func<string, LoadSpec, Task<LoadReport>> work)
    {
        var planned = SlicesOf(time);
        var slices = new List<ProduceReport>();
        while (slices.Count < planned || (planned > 1 && slices.Count < 2 * planned && IsBetter(slices[^1], slices[^2])))
        {
            var topic = $"warmup-{slices.Count + 1}";
            var report = await work(topic, job(topic) with { Warmup = TimeSpan.Zero, Duration = time / planned, Drain = Patience });
            if (report.Failed || report.Produce is null)
                throw new RunFailedException("the nodes could not be warmed up: " + string.Join("; ", report.Problems.DefaultIfEmpty("no reason given")));
            slices.Add(report.Produce);
        }

        var told = slices.TakeLast(2).Select(slice => string.Create(CultureInfo.InvariantCulture,
            $"{slice.AckedRecordsPerSecond:N0} records/s at p99 {slice.Latency.Percentile(99).TotalMilliseconds:0.0} ms"));
        var settled = slices.Count == 1 || !IsBetter(slices[^1], slices[^2]) ? "" : ", still getting better";
        return $"{slices.Count} x {Quantity.Format(time / planned)}, at last {string.Join(", then ", told)}{settled}";
    }

    /// <summary>The load of a plan that only sends, and what reads meanwhile: nothing is proved by it.</summary>
    public static LoadSpec JobOf(BrokerLoad load, IReadOnlyList<string> bootstrap, string topic, Schedule schedule, ulong seed)
    {
        var job = load.Job(bootstrap, topic, schedule, seed);
        return job.Produce is null
            ? job with { Produce = load.Send with { Arrival = Arrival.Closed }, Consume = null }
            : job with { Consume = job.Consume is { When: ConsumeWhen.During } during ? during : null };
    }

    private static bool IsBetter(ProduceReport last, ProduceReport before) =>
        last.AckedRecordsPerSecond > BetterRate * before.AckedRecordsPerSecond
        || last.Latency.Percentile(99) < BetterLatency * before.Latency.Percentile(99);
}
