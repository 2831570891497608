using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>sendfile against a buffered copy and a mapped file, to one consumer and to four, from memory and from disk.</summary>
public sealed class ReadPath : Experiment
{
    public override string Id => "E01";

    public override string Title => "What zero-copy saves a reader's broker";

    public override string Question => "How much of the broker's CPU does sendfile save against copying through a buffer and against sending from a mapped file?";

    public override Expectation Expectation => new(
        "Hot, sendfile needs at most 0.6 of the CPU per GB of the buffered copy; the mapped file lies between, for it saves one of the two copies. "
        + "Cold, the disk decides: rates differ by less than a quarter, CPU per GB still does as when hot.",
        Expect.RatioAtMost(0.6, Metric.CpuPerGb, [("read", "sendfile"), ("pageCache", "hot")], [("read", "positioned"), ("pageCache", "hot")],
            "hot: sendfile needs at most 0.6 of the CPU per GB of the buffered copy"),
        Expect.RatioAtMost(1.0, Metric.CpuPerGb, [("read", "mapped"), ("pageCache", "hot")], [("read", "positioned"), ("pageCache", "hot")],
            "hot: the mapped file needs no more CPU per GB than the buffered copy"),
        Expect.RatioAtLeast(0.75, Metric.Throughput, [("read", "positioned"), ("pageCache", "cold")], [("read", "sendfile"), ("pageCache", "cold")],
            "cold: the buffered copy reaches three quarters of sendfile's rate"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Cluster = new() { Nodes = 1, Replication = 1, MinInSync = 1 },
            Load = new ReadLoad
            {
                FillBytes = 2L << 30,
                Send = new ProduceSpec { RecordSize = "1KiB", BatchBytes = 128 << 10 },
                // Readers that catch up, and receive what they read as clients do. With 1 MiB a fetch, asking and waking would cost
                // as much as a copy that stays in the core's cache.
                Read = new ConsumeSpec { Reading = Reading.Count, PartitionMaxBytes = 8 << 20 },
            },
            Vary =
            [
                Axis.Strategy("read", "sendfile", "positioned", "mapped"),
                Axis.Load("consumers", 1, 4),
                Axis.Load("pageCache", "hot", "cold"),
            ],
            Schedule = new(Warmup: TimeSpan.FromSeconds(3), Measure: TimeSpan.FromSeconds(10), Repeats: 5),
        },
    ];

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Broker CPU per GB, hot", Metric = "cpu-per-gb", X = "consumers", Series = "read", Only = new Dictionary<string, string> { ["pageCache"] = "hot" } },
        new() { Kind = ChartKind.Bars, Title = "Broker CPU per GB, cold", Metric = "cpu-per-gb", X = "consumers", Series = "read", Only = new Dictionary<string, string> { ["pageCache"] = "cold" } },
        new() { Kind = ChartKind.Bars, Title = "Read rate", Metric = "throughput", Series = "read" },
        new() { Kind = ChartKind.CpuByProcess, Title = "Where the CPU time goes" },
    ];
}
