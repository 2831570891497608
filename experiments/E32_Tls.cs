using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>What is left of sendfile's advantage over a buffered copy when clients' connections are encrypted.</summary>
public sealed class Tls : Experiment
{
    private const string Plaintext = "none";
    private const string Encrypted = "tls13";

    public override string Id => "E32";

    public override string Title => "What TLS leaves of zero-copy";

    public override string Question => "Does TLS take away what sendfile saves a reader's broker, and what does encrypting itself cost?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(8)];

    public override Expectation Expectation => new(
        "In plaintext sendfile needs at most 0.75 of the CPU per GB of the buffered copy. Over TLS the bytes of a file have to be in memory to be encrypted, so both read paths copy, and differ by less than a twentieth: "
        + "the claim falls where sendfile keeps its advantage, that is where its share of the copy's CPU does not come at least a tenth closer to one over TLS than in plaintext. "
        + "Encrypting costs far more than the copy that sendfile saves: over TLS a GB takes at least 2.5 times the CPU of sendfile in plaintext, and 1.8 times that of the copy.",
        Expect.KeepsAtLeast(1.1, Metric.CpuPerGb, (Cell("sendfile", Encrypted), Cell("positioned", Encrypted)), (Cell("sendfile", Plaintext), Cell("positioned", Plaintext)),
            "over TLS sendfile's share of the buffered copy's CPU per GB is at least 1.1 times what it is in plaintext").Decides(8),
        Expect.RatioAtLeast(0.95, Metric.CpuPerGb, Cell("sendfile", Encrypted), Cell("positioned", Encrypted), "over TLS sendfile needs at least 0.95 of the CPU per GB of the buffered copy"),
        Expect.RatioAtMost(0.75, Metric.CpuPerGb, Cell("sendfile", Plaintext), Cell("positioned", Plaintext), "in plaintext sendfile needs at most 0.75 of the CPU per GB of the buffered copy"),
        Expect.RatioAtLeast(2.5, Metric.CpuPerGb, Cell("sendfile", Encrypted), Cell("sendfile", Plaintext), "sendfile: a GB over TLS takes at least 2.5 times the CPU"),
        Expect.RatioAtLeast(1.8, Metric.CpuPerGb, Cell("positioned", Encrypted), Cell("positioned", Plaintext), "buffered copy: a GB over TLS takes at least 1.8 times the CPU"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Cluster = new() { Nodes = 1, Replication = 1, MinInSync = 1 },
            Load = new ReadLoad
            {
                FillBytes = 512L << 20,
                Send = new ProduceSpec { RecordSize = "1KiB", BatchBytes = 128 << 10 },
                // Readers receive what they read, as they must in order to decrypt it.
                Read = new ConsumeSpec { Reading = Reading.Count, PartitionMaxBytes = 8 << 20 },
            },
            Vary = [Axis.Strategy("read", "sendfile", "positioned"), Axis.Named("tls", "cluster.tls", (Plaintext, "plaintext"), (Encrypted, "TLS 1.3"))],
            Schedule = new(Warmup: TimeSpan.FromSeconds(2), Measure: TimeSpan.FromSeconds(5), Repeats: 5),
        },
    ];

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Broker CPU per GB", Metric = "cpu-per-gb", X = "tls", Series = "read" },
        new() { Kind = ChartKind.Bars, Title = "Read rate", Metric = "throughput", X = "tls", Series = "read" },
        new() { Kind = ChartKind.CpuByProcess, Title = "Where the CPU time goes" },
    ];

    private static (string, string)[] Cell(string read, string tls) => [("read", read), ("tls", tls)];
}
