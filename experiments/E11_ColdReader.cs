using Harness.Faults;
using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>Producers beside a reader that catches up with what is no longer in the page cache, by read path.</summary>
public sealed class ColdReader : Experiment
{
    private const string AsItIs = "disk as it is";
    private const string SlowDisk = "slow disk";

    public override string Id => "E11";

    public override string Title => "What a cold reader costs everybody else";

    public override string Question => "What does a reader of cold data do to the latency of producers and of tailing consumers at the same broker, by read path?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(7)];

    public override Expectation Expectation => new(
        "sendfile of cold pages waits for the disk inside the call. Where the thread that waits serves others too, their p99 rises; where it does not, it stays within twice that of a broker without a cold reader. "
        + "A buffered copy waits in the same place, so sendfile's p99 is at most 1.2 times the copy's, above which the claim falls. "
        + "A disk that gives 64 MiB/s makes each wait tens of milliseconds long, and changes nothing for those who do not wait for it.",
        Expect.RatioAtMost(1.2, Metric.P99, Cell(AsItIs, "sendfile", "2GiB"), Cell(AsItIs, "positioned", "2GiB"), "beside a cold reader: p99 under sendfile at most 1.2 times that under the buffered copy").Decides(7),
        Expect.RatioAtMost(1.2, Metric.P99, Cell(SlowDisk, "sendfile", "2GiB"), Cell(SlowDisk, "positioned", "2GiB"), "the same on a slow disk").Decides(7),
        Consumers(AsItIs, "sendfile", "sendfile"),
        Producers(AsItIs, "sendfile", "sendfile"),
        Consumers(AsItIs, "positioned", "buffered copy"),
        Producers(AsItIs, "positioned", "buffered copy"),
        Consumers(AsItIs, "mapped", "mapped file"),
        Producers(AsItIs, "mapped", "mapped file"),
        Consumers(SlowDisk, "sendfile", "sendfile, slow disk"),
        Consumers(SlowDisk, "positioned", "buffered copy, slow disk"),
        Consumers(SlowDisk, "mapped", "mapped file, slow disk"),
        Expect.AtLeast(0.99, Metric.Held, [], "the rate is held in every cell: else latencies are those of a queue that grows"));

    public override IReadOnlyList<Plan> Plans =>
    [
        Of(AsItIs) with { Vary = [Axis.Strategy("read", "sendfile", "positioned", "mapped"), Axis.Load("backlog", "0B", "2GiB")] },
        Of(SlowDisk) with
        {
            Faults = FaultScript.Parse("slow-reads(all, at=0s, for=1h, rate=64MiB)"),
            Vary = [Axis.Strategy("read", "sendfile", "positioned", "mapped"), Axis.Load("backlog", "2GiB")],
        },
    ];

    public override QuickLook Quick => QuickLook.At(("read", ["sendfile", "positioned"]));

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.LatencyPercentiles, Title = "Produce latency by read path and bytes of a backlog that is read", Only = On(AsItIs) },
        new() { Kind = ChartKind.Bars, Title = "p99 of the producers", Metric = "p99", X = "read", Series = "backlog", Only = On(AsItIs) },
        new() { Kind = ChartKind.Bars, Title = "p99 of the tailing consumers, from the intended send time", Metric = "end-to-end-p99", X = "read", Series = "backlog", Only = On(AsItIs) },
        new() { Kind = ChartKind.Bars, Title = "p99 of the tailing consumers beside a reader of 2 GiB, by disk", Metric = "end-to-end-p99", X = "read", Series = Plan.PartAxis, Only = Cold },
        new() { Kind = ChartKind.Bars, Title = "What the cold reader got", Metric = "beside", X = "read", Series = Plan.PartAxis, Only = Cold },
    ];

    private static Dictionary<string, string> Cold => new() { ["backlog"] = "2GiB" };

    private static Plan Of(string part) => new()
    {
        Part = part,
        Cluster = new() { Nodes = 1, Replication = 1, MinInSync = 1 },
        Load = new ProduceLoad
        {
            Send = new ProduceSpec { RecordsPerSecond = 10_000, RecordSize = "1KiB", Linger = TimeSpan.FromMilliseconds(2), Connections = 2 },
            Check = new ConsumeSpec { When = ConsumeWhen.During, Consumers = 8 },
        },
        Schedule = new(Warmup: TimeSpan.FromSeconds(1), Measure: TimeSpan.FromSeconds(4), Repeats: 3),
    };

    private static Check Consumers(string disk, string read, string title) =>
        Doubles(Metric.EndToEndP99, disk, read, $"{title}: a cold reader at most doubles the p99 of the tailing consumers");

    private static Check Producers(string disk, string read, string title) =>
        Doubles(Metric.P99, disk, read, $"{title}: a cold reader at most doubles the p99 of the producers");

    private static Check Doubles(Metric p99, string disk, string read, string inWords) =>
        Expect.RatioAtMost(2, p99, Cell(disk, read, "2GiB"), Cell(AsItIs, read, "0B"), inWords);

    private static (string, string)[] Cell(string disk, string read, string backlog) => [(Plan.PartAxis, disk), ("read", read), ("backlog", backlog)];

    private static Dictionary<string, string> On(string disk) => new() { [Plan.PartAxis] = disk };
}
