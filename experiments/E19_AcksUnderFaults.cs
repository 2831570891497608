using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>What each acks level and minimum of replicas in sync loses when a leader dies, stands still, or is cut off and then loses its disk's last words.</summary>
public sealed class AcksUnderFaults : Experiment
{
    private const string Distance = "delay(all, at=0s, for=1h, by=5ms)";
    private const string Kill = Distance + "; kill(leader, at=3s, back=2s)";
    private const string Pause = Distance + "; pause(leader, at=3s, for=4s)";
    private const string CutOff = "cut(leader, from=followers, at=1s, for=4s); power-loss(leader, at=4s, back=500ms)";

    private static readonly Schedule Brief = new(Warmup: TimeSpan.FromSeconds(1), Measure: TimeSpan.FromSeconds(8), Repeats: 3);

    public override string Id => "E19";

    public override string Title => "What acknowledged records survive";

    public override string Question => "How many acknowledged records are lost, by acks and min.insync.replicas, when a leader is killed, stands still, or is cut off and loses power?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(16)];

    public override Expectation Expectation => new(
        "acks=all with two replicas in sync loses nothing in any of these, and nothing is stored twice: one record lost refutes the claim. acks=1 loses what the followers, 5 ms away, had not fetched when the leader died. "
        + "acks=all with a minimum of one is acks=1 once the leader is alone in sync: cut off, it goes on acknowledging, and what it had not flushed goes with its power. The cut is between brokers; all still share the metadata folder.",
        Expect.AtMost(0, Metric.Lost, [("part", "two in sync")], "acks=all, two in sync: nothing is lost").Decides(16),
        Expect.AtLeast(1, Metric.Lost, [("part", "leader only"), ("acks", "1"), ("fault", Kill)], "control: acks=1 and a killed leader lose records"),
        Expect.AtLeast(1, Metric.Lost, [("part", "one in sync"), ("fault", CutOff)], "control: acks=all with a minimum of one, cut off and without power, loses records"));

    public override IReadOnlyList<Plan> Plans =>
    [
        Of("two in sync", minInSync: 2, countsLoss: false, [Axis.Load("acks", "all")]),
        Of("one in sync", minInSync: 1, countsLoss: true, [Axis.Load("acks", "all")]),
        Of("leader only", minInSync: 1, countsLoss: true, [Axis.Load("acks", "0", "1")]),
    ];

    // The controls that must lose something are the leader's alone.
    public override QuickLook Quick => QuickLook.At((Plan.PartAxis, ["two in sync", "leader only"]), ("acks", ["all", "1"])) with { Repeats = 1 };

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Acknowledged records lost: the leader is killed", Metric = "lost", Only = new Dictionary<string, string> { ["fault"] = Kill } },
        new() { Kind = ChartKind.Bars, Title = "Acknowledged records lost: the leader stands still", Metric = "lost", Only = new Dictionary<string, string> { ["fault"] = Pause } },
        new() { Kind = ChartKind.Bars, Title = "Acknowledged records lost: the leader is cut off and loses power", Metric = "lost", Only = new Dictionary<string, string> { ["fault"] = CutOff } },
        new()
        {
            Kind = ChartKind.FaultTimeline,
            Title = "Two in sync: the leader is cut off and loses power",
            Only = new Dictionary<string, string> { ["part"] = "two in sync", ["fault"] = CutOff },
        },
    ];

    private static Plan Of(string part, int minInSync, bool countsLoss, IReadOnlyList<Axis> vary) => new()
    {
        Part = part,
        // Followers that are cut off leave the in-sync set while the cut lasts.
        Cluster = new ClusterPlan { MinInSync = minInSync }.WithSetting("replica.lag.time.max.ms", "1000").WithStrategy("flush", "os-cache"),
        Load = new ProduceLoad
        {
            Send = new ProduceSpec { RecordsPerSecond = 20_000, RecordSize = "100B", Linger = TimeSpan.FromMilliseconds(2) },
            RequestTimeout = TimeSpan.FromSeconds(1),
        },
        CountsLoss = countsLoss,
        Vary = [.. vary, Axis.Faults(Kill, Pause, CutOff)],
        Schedule = Brief,
    };
}
