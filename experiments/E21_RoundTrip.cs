using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>What acks=all costs when brokers are as far apart as in a rack, a city and a country: round trips a loopback does not have.</summary>
public sealed class RoundTrip : Experiment
{
    private const string None = "delay(all, at=0s, for=1h, by=0us)";
    private const string Rack = "delay(all, at=0s, for=1h, by=100us)";
    private const string Zones = "delay(all, at=0s, for=1h, by=500us)";
    private const string Regions = "delay(all, at=0s, for=1h, by=2500us)";

    public override string Id => "E21";

    public override string Title => "acks and the distance between brokers";

    public override string Question => "How do rate and latency of acks=1 and acks=all follow the round trip between brokers: 0, 0.2, 1 and 5 ms?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(17), ClaimCatalog.Find(19)];

    public override Expectation Expectation => new(
        "acks=1 does not see the distance. acks=all waits for one round trip, in which the records travel and the followers' next fetch says they have come: p50 rises by it, to at least 5 ms at 5 ms. "
        + "With five requests of 16 KiB under way the rate then falls: at 1 ms to at most 0.95 of acks=1, above which claim 17 falls.",
        Expect.RatioAtMost(0.95, Metric.Achieved, [("acks", "all"), ("link", Zones)], [("acks", "1"), ("link", Zones)], "1 ms: acks=all at most 0.95 of the rate of acks=1").Decides(17),
        Expect.RatioAtLeast(0.95, Metric.Achieved, [("acks", "1"), ("link", Regions)], [("acks", "1"), ("link", None)], "acks=1: as fast at 5 ms as at 0"),
        Expect.AtLeast(5, Metric.P50, [("acks", "all"), ("link", Regions)], "5 ms: p50 of acks=all at least 5 ms").Decides(19),
        Expect.AtMost(10, Metric.P50, [("acks", "all"), ("link", Regions)], "5 ms: p50 of acks=all at most two round trips"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Load = new ProduceLoad { Send = new ProduceSpec { Arrival = Arrival.Closed, RecordSize = "100B", BatchBytes = 16 << 10, MaxInFlight = 5 } },
            Vary =
            [
                Axis.Load("acks", "1", "all"),
                Axis.Named("link", "faults",
                    (None, "no distance"), (Rack, "0.1 ms each way"), (Zones, "0.5 ms each way"), (Regions, "2.5 ms each way")),
            ],
            Schedule = new(Warmup: TimeSpan.FromSeconds(1), Measure: TimeSpan.FromSeconds(4), Repeats: 3),
        },
    ];

    public override QuickLook Quick => QuickLook.At(("link", [Zones, Regions]));

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Rate by the distance between brokers", Metric = "achieved", X = "link", Series = "acks" },
        new() { Kind = ChartKind.Bars, Title = "Median latency by the distance between brokers", Metric = "p50", X = "link", Series = "acks" },
        new() { Kind = ChartKind.LatencyPercentiles, Title = "Latency of acks=all", Series = "link", Only = new Dictionary<string, string> { ["acks"] = "all" } },
    ];
}
