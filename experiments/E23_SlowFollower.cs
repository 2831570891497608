using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>Whom acks=all waits for when one of two followers is slow, in its network or its disk, and what not waiting for it risks.</summary>
public sealed class SlowFollower : Experiment
{
    private const string Waits = "waits";
    private const string LeaderDies = "leader dies";

    private const string Alike = "delay(follower, at=0s, for=1h, by=0us)";
    private const string Late = "delay(follower, at=0s, for=1h, by=10ms)";
    private const string LateAndOrphaned = "delay(follower, at=0s, for=1h, by=50ms); kill(leader, at=2s, back=2s)";
    private const string SlowDisk = "delay(follower, at=0s, for=1h, by=0us); slow-disk(follower, at=0s, for=1h, rate=4MiB)";

    private static readonly ProduceSpec Send = new() { RecordsPerSecond = 20_000, RecordSize = "100B", Linger = TimeSpan.FromMilliseconds(2) };

    public override string Id => "E23";

    public override string Title => "In-sync set against quorum with one slow follower";

    public override string Question => "What do the ack rules all, quorum and durable wait for when one of two followers is slow, and what does a rule risk that does not wait for it?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(18)];

    public override Expectation Expectation => new(
        "A follower 10 ms away each way is in sync and waited for: all and durable answer after at least 20 ms, quorum after at most 1.5 times what it takes without a slow one. "
        + "A follower whose disk takes 4 MiB/s is as quick as ever to all and quorum, as records end in its page cache; durable waits for its flush, at least 1.5 times as long. "
        + "The price: when the leader dies the slow follower leads, being in sync and first, and what only the other two had is gone. quorum loses acknowledged records, all and durable none. "
        + "Readers see none of it come or go, for the high watermark waits for the whole in-sync set under every rule: one record read above it, or read and gone, refutes the claim.",
        Expect.AtLeast(20, Metric.P50, [(Plan.PartAxis, Waits), ("acks", "all"), ("follower", Late)], "all: p50 at least the 20 ms of the slow follower's round trip"),
        Expect.AtLeast(20, Metric.P50, [(Plan.PartAxis, Waits), ("acks", "durable"), ("follower", Late)], "durable: the same"),
        Expect.RatioAtMost(1.5, Metric.P50, Slow("quorum", Late), Slow("quorum", Alike), "quorum: p50 at most 1.5 times that without a slow follower"),
        Expect.RatioAtMost(1.5, Metric.P50, Slow("all", SlowDisk), Slow("all", Alike), "all: a follower's slow disk is not waited for"),
        Expect.RatioAtLeast(1.5, Metric.P50, Slow("durable", SlowDisk), Slow("durable", Alike), "durable: a follower's slow disk is"),
        Expect.AtLeast(1, Metric.Lost, [(Plan.PartAxis, LeaderDies), ("acks", "quorum")], "quorum: the leader's death takes acknowledged records"),
        Expect.AtMost(0, Metric.Lost, [(Plan.PartAxis, LeaderDies), ("acks", "all")], "all: it takes none"),
        Expect.AtMost(0, Metric.Lost, [(Plan.PartAxis, LeaderDies), ("acks", "durable")], "durable: it takes none"),
        Expect.AtMost(0, Metric.Uncommitted, [(Plan.PartAxis, LeaderDies)], "nothing is read that is not committed").Decides(18));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Part = Waits,
            // So many on their way that none waits in the producer for another's answer; an idempotent one may have five.
            Load = new ProduceLoad { Send = Send with { MaxInFlight = 50, Idempotent = false } },
            Vary =
            [
                Axis.Strategy("acks", "all", "quorum", "durable"),
                Axis.Named("follower", "faults", (Alike, "as quick as the other"), (Late, "10 ms away each way"), (SlowDisk, "disk takes 4 MiB/s")),
            ],
            Schedule = new(Warmup: TimeSpan.FromSeconds(2), Measure: TimeSpan.FromSeconds(4), Repeats: 3),
        },
        new()
        {
            Part = LeaderDies,
            // The reader follows while records come: it would see what must not be seen.
            Load = new ProduceLoad { Send = Send, RequestTimeout = TimeSpan.FromSeconds(1), Check = new ConsumeSpec { When = ConsumeWhen.During }, History = HistoryUse.Check },
            CountsLoss = true,
            Vary =
            [
                Axis.Strategy("acks", "all", "quorum", "durable"),
                Axis.Named("follower", "faults", (LateAndOrphaned, "50 ms away each way, leader killed")),
            ],
            Schedule = new(Warmup: TimeSpan.FromSeconds(1), Measure: TimeSpan.FromSeconds(6), Repeats: 3),
        },
    ];

    public override QuickLook Quick => QuickLook.At((Plan.PartAxis, [LeaderDies]));

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Median latency by what is slow about one follower", Metric = "p50", X = "follower", Series = "acks", Only = Of(Waits) },
        new() { Kind = ChartKind.Bars, Title = "p99 latency by what is slow about one follower", Metric = "p99", X = "follower", Series = "acks", Only = Of(Waits) },
        new() { Kind = ChartKind.LatencyPercentiles, Title = "Latency with one follower 10 ms away", Series = "acks", Only = new Dictionary<string, string>(Of(Waits)) { ["follower"] = Late } },
        new() { Kind = ChartKind.Bars, Title = "Acknowledged records lost when the leader dies, one follower 50 ms away", Metric = "lost", X = "acks", Only = Of(LeaderDies) },
        new() { Kind = ChartKind.Bars, Title = "Read although not committed", Metric = "uncommitted", X = "acks", Only = Of(LeaderDies) },
    ];

    private static (string, string)[] Slow(string acks, string follower) => [(Plan.PartAxis, Waits), ("acks", acks), ("follower", follower)];

    private static Dictionary<string, string> Of(string part) => new() { [Plan.PartAxis] = part };
}
