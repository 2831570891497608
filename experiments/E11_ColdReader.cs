using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>Producers beside a reader that catches up with what is no longer in the page cache, by read path.</summary>
public sealed class ColdReader : Experiment
{
    public override string Id => "E11";

    public override string Title => "What a cold reader costs everybody else";

    public override string Question => "What does a reader of cold data do to the latency of producers and of tailing consumers at the same broker, by read path?";

    public override IReadOnlyList<Claim> Claims => [new(7, "sendfile is always good", "implied by “Kafka Internals” and “Kafka's Design”; KAFKA-7504 says otherwise")];

    public override Expectation Expectation => new(
        "sendfile of cold pages waits for the disk inside the call. Where the thread that waits serves others too, their p99 rises; where it does not, it stays within twice that of a broker without a cold reader. "
        + "A buffered copy waits in the same place, so sendfile's p99 is at most 1.2 times the copy's, above which the claim falls.",
        Expect.RatioAtMost(1.2, Metric.P99, Cell("sendfile", "2GiB"), Cell("positioned", "2GiB"), "beside a cold reader: p99 under sendfile at most 1.2 times that under the buffered copy").Decides(7),
        Consumers("sendfile", "sendfile"),
        Producers("sendfile", "sendfile"),
        Consumers("positioned", "buffered copy"),
        Producers("positioned", "buffered copy"),
        Consumers("mapped", "mapped file"),
        Producers("mapped", "mapped file"),
        Expect.AtLeast(0.99, Metric.Held, [], "the rate is held in every cell: else latencies are those of a queue that grows"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Cluster = new() { Nodes = 1, Replication = 1, MinInSync = 1 },
            Load = new ProduceLoad
            {
                Send = new ProduceSpec { RecordsPerSecond = 10_000, RecordSize = "1KiB", Linger = TimeSpan.FromMilliseconds(2), Connections = 2 },
                Check = new ConsumeSpec { When = ConsumeWhen.During, Consumers = 8 },
            },
            Vary = [Axis.Strategy("read", "sendfile", "positioned", "mapped"), Axis.Load("backlog", "0B", "2GiB")],
            Schedule = new(Warmup: TimeSpan.FromSeconds(1), Measure: TimeSpan.FromSeconds(4), Repeats: 3),
        },
    ];

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.LatencyPercentiles, Title = "Produce latency by read path and bytes of a backlog that is read" },
        new() { Kind = ChartKind.Bars, Title = "p99 of the producers", Metric = "p99", X = "read", Series = "backlog" },
        new() { Kind = ChartKind.Bars, Title = "p99 of the tailing consumers, from the intended send time", Metric = "end-to-end-p99", X = "read", Series = "backlog" },
        new() { Kind = ChartKind.Bars, Title = "What the cold reader got", Metric = "beside", X = "read", Only = new Dictionary<string, string> { ["backlog"] = "2GiB" } },
    ];

    private static Check Consumers(string read, string title) =>
        Doubles(Metric.EndToEndP99, read, $"{title}: a cold reader at most doubles the p99 of the tailing consumers");

    private static Check Producers(string read, string title) =>
        Doubles(Metric.P99, read, $"{title}: a cold reader at most doubles the p99 of the producers");

    private static Check Doubles(Metric p99, string read, string inWords) => Expect.RatioAtMost(2, p99, Cell(read, "2GiB"), Cell(read, "0B"), inWords);

    private static (string, string)[] Cell(string read, string backlog) => [("read", read), ("backlog", backlog)];
}
