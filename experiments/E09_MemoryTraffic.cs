using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>What a thread that copies memory takes from readers, by read path, beyond what one takes that only counts.</summary>
public sealed class MemoryTraffic : Experiment
{
    public override string Id => "E09";

    public override string Title => "Reads beside somebody who needs the memory";

    public override string Question => "Does sendfile lose less than a buffered copy when something else uses the memory's bandwidth?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(5)];

    public override Expectation Expectation => new(
        "The copying thread costs both ways a core's share first; what it costs beyond the counting thread is small here, since one thread does not fill the memory's bandwidth: "
        + "both keep at least 0.85 of their rate beside the counting thread, and their losses differ by less than a twentieth. So the claim, which falls where sendfile loses as much as the copy, will hardly stand here.",
        Expect.KeepsAtLeast(1.05, Metric.Throughput, (Beside("sendfile", "copy"), Beside("sendfile", "spin")), (Beside("positioned", "copy"), Beside("positioned", "spin")),
            "sendfile keeps at least 1.05 times as much of its rate as the buffered copy when the other thread copies instead of counting").Decides(5),
        Expect.RatioAtLeast(1.1, Metric.Throughput, Beside("sendfile", "copy"), Beside("positioned", "copy"), "beside the copying thread sendfile reads at least 1.1 times as fast as the buffered copy"),
        Expect.RatioAtLeast(0.85, Metric.Throughput, Beside("sendfile", "copy"), Beside("sendfile", "spin"), "sendfile keeps 0.85 of its rate when the other thread copies instead of counting"),
        Expect.RatioAtLeast(0.85, Metric.Throughput, Beside("positioned", "copy"), Beside("positioned", "spin"), "the buffered copy keeps 0.85 of its rate when the other thread copies instead of counting"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Cluster = new() { Nodes = 1, Replication = 1, MinInSync = 1 },
            Load = new ReadLoad
            {
                FillBytes = 512L << 20,
                Send = new ProduceSpec { RecordSize = "1KiB", BatchBytes = 128 << 10 },
                // The kernel drops what arrives: a receiver that copies would need the memory itself.
                Read = new ConsumeSpec { Reading = Reading.Discard, PartitionMaxBytes = 8 << 20 },
            },
            Vary = [Axis.Strategy("read", "sendfile", "positioned"), Axis.Load("beside", "none", "spin", "copy")],
            Schedule = new(Warmup: TimeSpan.FromSeconds(1), Measure: TimeSpan.FromSeconds(3), Repeats: 3),
        },
    ];

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Read rate beside nothing, a busy core and a copying core", Metric = "throughput", X = "read", Series = "beside" },
        new() { Kind = ChartKind.Bars, Title = "Broker CPU per GB", Metric = "cpu-per-gb", X = "read", Series = "beside" },
    ];

    private static (string, string)[] Beside(string read, string other) => [("read", read), ("beside", other)];
}
