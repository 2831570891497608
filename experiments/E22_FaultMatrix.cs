using Harness.Faults;
using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>One fault after the other at moments drawn by seed, under load that is checked record by record: what must hold, and two controls that must not.</summary>
public sealed class FaultMatrix : Experiment
{
    private static readonly Schedule Brief = new(Warmup: TimeSpan.FromMilliseconds(500), Measure: TimeSpan.FromSeconds(8), Repeats: 20);

    public override string Id => "E22";

    public override string Title => "Faults by seed";

    public override string Question => "Does any single fault, at any moment, lose an acknowledged record, store one twice, show one that is not committed, or leave replicas apart?";

    public override Expectation Expectation => new(
        "With acks=all, three replicas and two in sync nothing is lost, stored twice or read too early, the replicas are equal once all is healed, and what was sent is acknowledged in the end; "
        + "one record refutes it. All power gone at once, nothing flushed, may take acknowledged records, which are counted. acks=1 with a killed leader, and a minimum of one with a leader cut off that then loses power, "
        + "must lose some in some runs, or the experiment is blind.",
        Expect.AtMost(0, Metric.Lost, [("part", "safe")], "nothing acknowledged is lost"),
        Expect.AtMost(0, Metric.Duplicates, [("part", "safe")], "nothing is stored twice"),
        Expect.AtMost(0, Metric.Uncommitted, [("part", "safe")], "nothing is read that is not committed"),
        Expect.AtMost(0, Metric.Inconsistent, [("part", "safe")], "an offset has one record for ever"),
        Expect.AtMost(0, Metric.Differing, [], "replicas are equal below the high watermark"),
        Expect.AtMost(0, Metric.Failed, [("part", "safe")], "all that was sent is acknowledged in the end"),
        Expect.InSomeRunAtLeast(1, Metric.Resent, [("part", "safe(30 answers lost)")], "answers are lost, and records sent again"),
        Expect.InSomeRunAtLeast(1, Metric.Lost, [("part", "control(acks=1 and leader killed)")], "control: acks=1 loses records with its leader"),
        Expect.InSomeRunAtLeast(1, Metric.Lost, [("part", "control(one in sync and leader cut off)")], "control: one in sync loses records cut off"));

    public override IReadOnlyList<Plan> Plans =>
    [
        Safe("1 leader killed five times", "kill(leader, at=200ms..800ms, back=300ms); kill(leader, at=1700ms..2300ms, back=300ms); kill(leader, at=3200ms..3800ms, back=300ms); "
            + "kill(leader, at=4700ms..5300ms, back=300ms); kill(leader, at=6200ms..6800ms, back=300ms)"),
        Safe("2 follower or controller killed", "kill(follower|controller, at=1s..5s, back=1s)"),
        Safe("3 all killed", "kill(all, at=1s..5s, back=500ms)"),
        Safe("4 power lost by all and all flushed", "power-loss(all, at=1s..5s, back=500ms)", flush: "group-commit"),
        Of("counted(5 power lost by all and not flushed)", "power-loss(all, at=1s..5s, back=500ms)") with { CountsLoss = true },
        Safe("6 power lost by one", "power-loss(leader|follower, at=1s..5s, back=500ms)"),
        Safe("7 last replica in sync loses power", "cut(leader, from=followers, at=1s..2s, for=4s); power-loss(leader, at=3500ms..4500ms, back=500ms)"),
        Safe("13 flush fails", "fsync-error(leader|follower, at=1s..4s, back=1s)", flush: "group-commit"),
        Safe("14 disk of a follower slow", "slow-disk(follower, at=1s..2s, for=4s, rate=64KiB|256KiB|1MiB)", flush: "group-commit"),
        Cut("15 follower cut off", "cut(follower, from=others|cluster, at=1s..3s, for=3s)"),
        Cut("16 leader cut off from the rest", "cut(leader, from=followers|cluster, at=1s..3s, for=4s)"),
        Cut("17 one way lost", "cut(leader, from=followers|cluster, at=1s..3s, for=4s, way=in|out)"),
        Cut("18 leader cut off from the metadata", "cut(leader, from=store, at=1s..3s, for=4s, way=both|in|out)"),
        Safe("19 leader stands still", "pause(leader, at=1s..3s, for=3s..4s)"),
        Safe("30 answers lost", "cut(leader, from=clients, at=1s..3s, for=1500ms..3s, way=out)"),
        Safe("30 answers lost and leader killed", "cut(leader, from=clients, at=1s..2s, for=3s, way=out); kill(leader, at=2s..4s, back=500ms)"),
        Control("acks=1 and leader killed", minInSync: 2, acks: 1, "delay(all, at=0s, for=1h, by=5ms); kill(leader, at=1s..5s, back=1s)"),
        Control("one in sync and leader cut off", minInSync: 1, acks: -1, "cut(leader, from=followers, at=1s..2s, for=4s); power-loss(leader, at=3500ms..4500ms, back=500ms)"),
    ];

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Acknowledged records lost", Metric = "lost" },
        new() { Kind = ChartKind.Bars, Title = "From a fault's end to the next acknowledgement", Metric = "resumed" },
        new() { Kind = ChartKind.Bars, Title = "Longest time without an acknowledgement", Metric = "silence" },
    ];

    private static Plan Safe(string fault, string script, string flush = "os-cache") => Of($"safe({fault})", script, flush);

    // The store is on the network, so that a cut can reach it; a folder that all share it cannot.
    private static Plan Cut(string fault, string script)
    {
        var plan = Safe(fault, script);
        return plan with { Cluster = plan.Cluster with { Store = StorePlace.Etcd } };
    }

    private static Plan Control(string fault, int minInSync, short acks, string script)
    {
        var plan = Of($"control({fault})", script);
        var load = (ProduceLoad)plan.Load;
        return plan with { Cluster = plan.Cluster with { MinInSync = minInSync }, Load = load with { Send = load.Send with { Acks = acks, Idempotent = acks < 0 } }, CountsLoss = true };
    }

    private static Plan Of(string part, string script, string flush = "os-cache") => new()
    {
        Part = part,
        // Who is cut off leaves the in-sync set while the cut lasts; segments end often enough for faults to meet their ends.
        Cluster = new ClusterPlan().WithSetting("replica.lag.time.max.ms", "1000").WithSetting("segment.bytes", "1048576").WithStrategy("flush", flush),
        Load = new ProduceLoad
        {
            Partitions = 6,
            Send = new ProduceSpec { RecordsPerSecond = 12_000, RecordSize = "uniform(50B, 150B)", Connections = 2, Linger = TimeSpan.FromMilliseconds(2) },
            Check = new ConsumeSpec { When = ConsumeWhen.During, Consumers = 2 },
            RequestTimeout = TimeSpan.FromSeconds(1),
            Drain = TimeSpan.FromSeconds(15),
            History = HistoryUse.Check,
        },
        Faults = FaultScript.Parse(script),
        Schedule = Brief,
    };
}
