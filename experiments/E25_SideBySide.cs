using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>Our broker and Apache Kafka under the same load from the same generator, run by run in turn.</summary>
public sealed class SideBySide : Experiment
{
    private const string Closed = "closed loop";
    private const string Open = "open loop";
    private const string LargeBatches = "large batches";
    private const string Checked = "records checked";
    private const string PagesAgain = "pages used again";
    private const int Pairs = 5;
    private const int Around = 1;

    public override string Id => "E25";

    public override string Title => "Side by side with Apache Kafka";

    public override string Question =>
        "What do three nodes of our broker and three of Apache Kafka hold of the same load at acks=all, at which latency, and on how much CPU?";

    public override Expectation Expectation => new(
        "Against Kafka as shipped and as tuned alike, at RF 3, acks=all, min.insync.replicas 2, no fsync on either side, 100-byte records and 1 ms linger: a closed loop "
        + "reaches at least three times the rate with batches of 128 KiB; at 200,000 and 500,000 records/s p99 is at most a third and the brokers' CPU at most 0.4 of "
        + "Kafka's. 1,000,000 records/s are held with p99 at most 10 ms, which Kafka does not hold with one partition here. Checking every record, as Kafka does, costs "
        + "less than a fifth of the closed loop's rate: the lead is not made of leaving that out.",
        Expect.RatioAtLeast(3, Metric.Achieved, [("part", Closed), ("system", "testbed")], [("system", "kafka")], "closed loop: at least 3 times Kafka's rate"),
        Expect.RatioAtLeast(3, Metric.Achieved, [("part", LargeBatches), ("system", "testbed")], [("system", "kafka")], "closed loop, 1 MiB batches: at least 3 times Kafka's rate"),
        Expect.RatioAtMost(1 / 3.0, Metric.P99, [("part", Open), ("system", "testbed"), ("rate", "200000")], [("system", "kafka")], "200,000/s: p99 at most a third of Kafka's"),
        Expect.RatioAtMost(1 / 3.0, Metric.P99, [("part", Open), ("system", "testbed"), ("rate", "500000")], [("system", "kafka")], "500,000/s: p99 at most a third of Kafka's"),
        Expect.RatioAtMost(0.4, Metric.BrokerCores, [("part", Open), ("system", "testbed"), ("rate", "200000")], [("system", "kafka")], "200,000/s: at most 0.4 of Kafka's CPU"),
        Expect.RatioAtMost(0.4, Metric.BrokerCores, [("part", Open), ("system", "testbed"), ("rate", "500000")], [("system", "kafka")], "500,000/s: at most 0.4 of Kafka's CPU"),
        Expect.AtLeast(0.99, Metric.Held, [("part", Open), ("system", "testbed"), ("rate", "1000000")], "ours holds 1,000,000/s"),
        Expect.AtMost(10, Metric.P99, [("part", Open), ("system", "testbed"), ("rate", "1000000")], "ours: p99 at most 10 ms at 1,000,000/s"),
        Expect.RatioAtLeast(0.8, Metric.Achieved, [("part", Checked), ("rate", PlanSettings.Unlimited)], [("part", Closed), ("system", "testbed"), ("partitions", "1"), ("rate", PlanSettings.Unlimited)],
            "checking records keeps 0.8 of the closed loop's rate"),
        Expect.RatioAtLeast(3, Metric.Achieved, [("part", Checked), ("rate", PlanSettings.Unlimited)], [("part", Closed), ("system", "kafka"), ("partitions", "1"), ("rate", PlanSettings.Unlimited)],
            "with records checked too: at least 3 times Kafka's rate"),
        Expect.AtMost(0, Metric.Lost, [], "nothing acknowledged is lost"));

    public override IReadOnlyList<Plan> Plans =>
    [
        Of(Closed, Pairs, Axis.Systems("testbed", "kafka"), Axis.Rate(PlanSettings.Unlimited), Axis.Load("partitions", 1)),
        Of(Open, Pairs, Axis.Systems("testbed", "kafka"), Axis.Rate("200000", "500000")),
        Of(Open, Pairs, Axis.Systems("testbed"), Axis.Rate("1000000")),
        // Around the pairs that decide, once each, as a run of Kafka takes a minute and a half: what tuning, partitions, batches, readers and checks change.
        Of(Closed, Around, Axis.Systems("kafka(tuned)"), Axis.Rate(PlanSettings.Unlimited), Axis.Load("partitions", 1)),
        Of(Closed, Around, Axis.Systems("testbed", "kafka", "kafka(tuned)"), Axis.Rate(PlanSettings.Unlimited), Axis.Load("partitions", 6)),
        Of(Open, Around, Axis.Systems("kafka"), Axis.Rate("1000000")),
        Of(Open, Around, Axis.Systems("kafka(tuned)"), Axis.Rate("200000", "500000", "1000000")),
        Of(LargeBatches, Around, Axis.Systems("testbed", "kafka", "kafka(tuned)"), Axis.Rate(PlanSettings.Unlimited), Axis.Load("batchBytes", "1MiB")),
        Of("six partitions", Around, Axis.Systems("testbed", "kafka"), Axis.Rate("500000", "1000000"), Axis.Load("partitions", 6)),
        Of("small batches", Around, Axis.Systems("testbed", "kafka"), Axis.Rate("200000"), Axis.Load("batchBytes", "16KiB")),
        Of("read meanwhile", Around, Axis.Systems("testbed", "kafka"), Axis.Rate("200000"), Axis.Any("read back", "load.check", "during")),
        Of(Checked, Around, Axis.Systems("testbed"), Axis.Strategy("check", "records"), Axis.Rate("500000", PlanSettings.Unlimited)),
        // What E03 climbs its ladder with; Kafka has nothing like it, so it stands apart from the comparison.
        Of(PagesAgain, Around, Axis.Systems("testbed"), Axis.Strategy("write", "pagecache(dropBehind=64MiB)"), Axis.Rate("1000000", PlanSettings.Unlimited)),
    ];

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Closed loop: acknowledged records", Metric = "achieved", X = "partitions", Series = "system", Only = In(Closed) },
        new() { Kind = ChartKind.Bars, Title = "Closed loop, 1 MiB batches", Metric = "achieved", X = "batchBytes", Series = "system", Only = In(LargeBatches) },
        new() { Kind = ChartKind.ThroughputLatency, Title = "p99 latency over the rate", Metric = "p99", Series = "system", Only = In(Open) },
        new() { Kind = ChartKind.Bars, Title = "Cores used by the brokers", Metric = "broker-cores", X = "rate", Series = "system", Only = In(Open) },
        new() { Kind = ChartKind.LatencyPercentiles, Title = "Produce latency at 500,000 records/s", Only = new Dictionary<string, string> { ["part"] = Open, ["rate"] = "500000" } },
        new() { Kind = ChartKind.Bars, Title = "Memory of the largest broker", Metric = "rss", X = "rate", Series = "system", Only = In(Open) },
    ];

    private static Plan Of(string part, int repeats, params Axis[] vary) => new()
    {
        Part = part,
        Load = new ProduceLoad
        {
            Send = new ProduceSpec { RecordSize = "100B", BatchBytes = 128 << 10, Linger = TimeSpan.FromMilliseconds(1), Acks = -1, MaxInFlight = 10 },
        },
        Vary = vary,
        // Compiled while it runs, ours too: its brokers' CPU falls by half in the first six seconds.
        Schedule = new(Warmup: TimeSpan.FromSeconds(10), Measure: TimeSpan.FromSeconds(15), Repeats: repeats),
    };

    private static Dictionary<string, string> In(string part) => new() { ["part"] = part };
}
