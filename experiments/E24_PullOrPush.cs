using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>Followers that fetch against leaders that send unasked: by the distance between them, and by what each costs at a high rate.</summary>
public sealed class PullOrPush : Experiment
{
    private const string Distance = "distance";
    private const string HighRate = "high rate";

    private const string None = "delay(all, at=0s, for=1h, by=0us)";
    private const string Rack = "delay(all, at=0s, for=1h, by=100us)";
    private const string Zones = "delay(all, at=0s, for=1h, by=500us)";
    private const string Regions = "delay(all, at=0s, for=1h, by=2500us)";

    public override string Id => "E24";

    public override string Title => "Pull or push";

    public override string Question => "What does it gain to send records to followers unasked instead of waiting for their fetches, in latency by round trip, and in CPU at a high rate?";

    public override Expectation Expectation => new(
        "A pulled record waits until its follower has asked again, at most a round trip and half of one in the middle, and is acknowledged by the next fetch: 1.5 round trips in all. A pushed one leaves at once: one round trip. "
        + "So at 5 ms push answers after at least 5 ms, and in at most 0.85 of the time of pull, in the tail at most 0.75; without distance the two differ by at most a quarter. "
        + "At 500,000 records/s both hold the rate, and push saves the requests: it takes at most as much CPU as pull.",
        Expect.AtLeast(5, Metric.P50, [(Plan.PartAxis, Distance), ("link", Regions)], "5 ms: p50 at least the round trip"),
        Expect.RatioAtMost(0.85, Metric.P50, Over("push", Regions), Over("pull", Regions), "5 ms: p50 of push at most 0.85 of pull's"),
        Expect.RatioAtMost(0.75, Metric.P99, Over("push", Regions), Over("pull", Regions), "5 ms: p99 of push at most 0.75 of pull's"),
        Expect.RatioAtMost(1.25, Metric.P50, Over("push", None), Over("pull", None), "no distance: p50 of push at most 1.25 times pull's"),
        Expect.RatioAtLeast(0.75, Metric.P50, Over("push", None), Over("pull", None), "no distance: p50 of push at least 0.75 of pull's"),
        Expect.AtLeast(0.99, Metric.Held, [(Plan.PartAxis, HighRate)], "500,000 records/s are held by both"),
        Expect.RatioAtMost(1, Metric.BrokerCores, [(Plan.PartAxis, HighRate), ("replication", "push")], [(Plan.PartAxis, HighRate), ("replication", "pull")], "500,000 records/s: push takes at most the CPU of pull"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Part = Distance,
            // So many on their way that none waits in the producer for another's answer; an idempotent one may have five.
            Load = new ProduceLoad { Send = new ProduceSpec { RecordsPerSecond = 20_000, RecordSize = "100B", Linger = TimeSpan.FromMilliseconds(1), MaxInFlight = 50, Idempotent = false } },
            Vary =
            [
                Axis.Strategy("replication", "pull", "push"),
                Axis.Named("link", "faults",
                    (None, "no distance"), (Rack, "0.1 ms each way"), (Zones, "0.5 ms each way"), (Regions, "2.5 ms each way")),
            ],
            Schedule = new(Warmup: TimeSpan.FromSeconds(2), Measure: TimeSpan.FromSeconds(4), Repeats: 3),
        },
        new()
        {
            Part = HighRate,
            Load = new ProduceLoad { Send = new ProduceSpec { RecordsPerSecond = 500_000, RecordSize = "100B", Linger = TimeSpan.FromMilliseconds(2) } },
            Vary = [Axis.Strategy("replication", "pull", "push")],
            Schedule = new(Warmup: TimeSpan.FromSeconds(3), Measure: TimeSpan.FromSeconds(5), Repeats: 5),
        },
    ];

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Median latency by the distance between brokers", Metric = "p50", X = "link", Series = "replication", Only = Of(Distance) },
        new() { Kind = ChartKind.Bars, Title = "p99 latency by the distance between brokers", Metric = "p99", X = "link", Series = "replication", Only = Of(Distance) },
        new() { Kind = ChartKind.LatencyPercentiles, Title = "Latency at a round trip of 5 ms", Series = "replication", Only = new Dictionary<string, string>(Of(Distance)) { ["link"] = Regions } },
        new() { Kind = ChartKind.LatencyPercentiles, Title = "Latency at 500,000 records/s", Series = "replication", Only = Of(HighRate) },
        new() { Kind = ChartKind.CpuByProcess, Title = "Cores used at 500,000 records/s", Only = Of(HighRate) },
    ];

    private static (string, string)[] Over(string replication, string link) => [(Plan.PartAxis, Distance), ("replication", replication), ("link", link)];

    private static Dictionary<string, string> Of(string part) => new() { [Plan.PartAxis] = part };
}
