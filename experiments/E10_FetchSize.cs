using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>What a read path saves of CPU and system calls, from small fetches to large ones. E01 looks at large ones closely.</summary>
public sealed class FetchSize : Experiment
{
    public override string Id => "E10";

    public override string Title => "What zero-copy saves at each fetch size";

    public override string Question => "How much CPU and how many system calls does sendfile save for each MB, by the size of a fetch?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(4), ClaimCatalog.Find(6)];

    public override Expectation Expectation => new(
        "At 1 MiB a fetch sendfile needs at most 0.9 of the CPU per GB of the buffered copy, above which the claim falls; at 16 KiB requests and answers weigh more than the copy and the two differ by less than a fifth. "
        + "System calls per MB fall with the size of a fetch for both; at 1 MiB sendfile makes fewer, because there is nothing to read first: the claim falls where they are equal.",
        Expect.RatioAtMost(0.9, Metric.CpuPerGb, Cell("cpu", "sendfile", "1MiB"), Cell("cpu", "positioned", "1MiB"), "1 MiB a fetch: sendfile needs at most 0.9 of the CPU per GB").Decides(4),
        Expect.RatioAtMost(0.95, Metric.CallsPerMb, Cell("calls", "sendfile", "1MiB"), Cell("calls", "positioned", "1MiB"), "1 MiB a fetch: sendfile makes fewer system calls per MB").Decides(6),
        Expect.RatioAtLeast(0.8, Metric.CpuPerGb, Cell("cpu", "sendfile", "16KiB"), Cell("cpu", "positioned", "16KiB"), "16 KiB a fetch: sendfile saves less than a fifth of the CPU"));

    public override IReadOnlyList<Plan> Plans => [Of("cpu", countCalls: false, repeats: 2), Of("calls", countCalls: true, repeats: 1)];

    public override QuickLook Quick => QuickLook.At(("read", ["sendfile", "positioned"]), ("fetchBytes", ["1MiB"]));

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Broker CPU per GB", Metric = "cpu-per-gb", X = "fetchBytes", Series = "read", Only = Part("cpu") },
        new() { Kind = ChartKind.Bars, Title = "Broker's system calls for each MB", Metric = "calls-per-mb", X = "fetchBytes", Series = "read", Only = Part("calls") },
        new() { Kind = ChartKind.Bars, Title = "Read rate", Metric = "throughput", X = "fetchBytes", Series = "read", Only = Part("cpu") },
    ];

    private static Plan Of(string part, bool countCalls, int repeats) => new()
    {
        Part = part,
        Cluster = new() { Nodes = 1, Replication = 1, MinInSync = 1 },
        Load = new ReadLoad
        {
            FillBytes = 256L << 20,
            // Batches as small as the smallest fetch: a fetch never brings less than one.
            Send = new ProduceSpec { RecordSize = "1KiB", BatchBytes = 16 << 10 },
            Read = new ConsumeSpec { Reading = Reading.Count },
            CountCalls = countCalls,
        },
        Vary = [Axis.Strategy("read", "sendfile", "positioned", "mapped"), Axis.Load("fetchBytes", "16KiB", "128KiB", "1MiB")],
        Schedule = new(Warmup: TimeSpan.FromSeconds(1), Measure: TimeSpan.FromSeconds(2), Repeats: repeats),
    };

    private static (string, string)[] Cell(string part, string read, string fetch) => [("part", part), ("read", read), ("fetchBytes", fetch)];

    private static Dictionary<string, string> Part(string part) => new() { [Plan.PartAxis] = part };
}
