using Engine.Simulation.Faults;
using Engine.Simulation.Laws;
using Engine.Simulation.Machines;

namespace Engine.Simulation;

/// <summary>A kind of cluster, the faults it must stand, and so what it promises.</summary>
/// <param name="Draw">What a seed makes of it.</param>
/// <param name="Kinds">The faults that come; one that is listed twice comes twice as often.</param>
internal sealed record Scenario(string Name, string Promise, Func<Chance, Setting> Draw, FaultKind[] Kinds)
{
    /// <summary>New laws, of those that hold by the promise.</summary>
    public Func<Law[]> Laws { get; private init; } = Law.All;

    private static readonly FaultKind[] NothingLost =
    [
        FaultKind.Crash, FaultKind.Crash, FaultKind.Crash, FaultKind.CrashAll, FaultKind.Pause, FaultKind.Pause, FaultKind.CleanRestart,
        FaultKind.Isolate, FaultKind.CutOneWay, FaultKind.CutBothWays, FaultKind.CutFromStore, FaultKind.CutFromAnswers, FaultKind.CutFromAnswers, FaultKind.SlowLink, FaultKind.SlowLink,
    ];

    /// <summary>Acknowledged after the flush: no loss of power, of whichever nodes and however often, loses a committed record.</summary>
    public static readonly Scenario Durable = new(
        "durable",
        "acknowledged after the flush: any faults, of all nodes at once too, lose nothing that is committed",
        chance => Any(chance) with { HoldsAcknowledgements = true, MinInSync = chance.Between(1, 3) is var min && min == 3 ? 2 : min },
        [.. NothingLost, FaultKind.PowerLoss, FaultKind.PowerLoss, FaultKind.PowerLossAll, FaultKind.FailedFlush]);

    /// <summary>
    /// Acknowledged from the page cache: nothing is lost while processes die, stop and are cut off, nor when one machine of a cluster
    /// that is whole loses its power and no other node dies until it is whole again.
    /// </summary>
    /// <remarks>
    /// Not promised: the power of two machines at once, or of one while others may not lead. With min.insync.replicas of 1 the last
    /// one in sync may be the only one to hold what it acknowledged.
    /// </remarks>
    public static readonly Scenario PageCache = new(
        "page-cache",
        "acknowledged from the page cache, min.insync.replicas 2: processes die at will, power fails one whole cluster's node at a time",
        chance => Any(chance) with { HoldsAcknowledgements = false, MinInSync = 2 },
        [.. NothingLost, FaultKind.PowerLossOfOne, FaultKind.PowerLossOfOne, FaultKind.PowerLossOfOne, FaultKind.PowerLossOfOne]);

    /// <summary>As <see cref="PageCache"/>, with followers that leave and come back all the time, over a network that loses and repeats much.</summary>
    public static readonly Scenario Rejoining = new(
        "rejoining",
        "as page-cache, with followers that leave the in-sync set and come back all the time",
        chance => Any(chance) with
        {
            HoldsAcknowledgements = false,
            MinInSync = 2,
            ReplicaLagMax = TimeSpan.FromMilliseconds(300),
            FaultEveryMs = 150,
            MostFaultsAtOnce = 3,
            LossPerMille = chance.Of([5, 20]),
            DuplicatesPerMille = chance.Of([100, 300]),
            ProduceEveryMs = 30,
            DelayMs = chance.Of([3, 20, 60]),
            BatchesPerFetch = chance.Of([1, 2, 4]),
        },
        [
            FaultKind.PowerLossOfOne, FaultKind.PowerLossOfOne, FaultKind.PowerLossOfOne, FaultKind.Crash, FaultKind.Pause,
            FaultKind.PowerLossOfOutsider, FaultKind.PowerLossOfOutsider, FaultKind.PowerLossOfOutsider, FaultKind.PowerLossOfOutsider,
            FaultKind.CutFromAnswers, FaultKind.CutFromAnswers, FaultKind.SlowLink, FaultKind.SlowLink,
        ]);

    /// <summary>
    /// Acknowledged once all that may be elected have flushed it, under a policy that does not flush: other records may be lost, those
    /// acknowledged never, whoever loses power. What is committed and not flushed may vanish, so only some laws are asked.
    /// </summary>
    public static readonly Scenario FlushedAcks = new(
        "flushed-acks",
        "acks=all waits for flushes that the policy does not make: what is acknowledged so survives the power of all nodes",
        chance => MaybePushed(chance, Any(chance) with { HoldsAcknowledgements = false, Acks = Setting.RuleOf("durable"), MinInSync = chance.Between(1, 2) }),
        [.. NothingLost, FaultKind.PowerLoss, FaultKind.PowerLoss, FaultKind.PowerLossAll, FaultKind.PowerLossAll])
    {
        Laws = () =>
        [
            new AcknowledgedRecordsSurvive(), new AcknowledgedRecordsAreWhereTheirRuleSays(), new NobodyTakenForDeadAcknowledges(),
            new OneLeaderPerEpoch(), new EpochsOnlyRise(), new AfterHealingProducersGoOn(), new AfterHealingReplicasAgree(),
        ],
    };

    /// <summary>The control: what a leader alone acknowledges is lost now and then. Everything else holds as in <see cref="Durable"/>.</summary>
    public static readonly Scenario LeaderAcks = Durable with
    {
        Name = "leader-acks",
        Promise = "a control: acks=1 loses records when leaders fail; all else holds",
        Draw = chance => Durable.Draw(chance) with { HasLeaderAcks = true },
    };

    /// <summary>As <see cref="Durable"/>, with followers that are pushed to, some or all.</summary>
    public static readonly Scenario Push = Durable with
    {
        Name = "push",
        Promise = "as durable, with followers that are pushed to",
        Draw = chance => Pushed(chance, Durable.Draw(chance)),
    };

    /// <summary>As <see cref="Rejoining"/>, with followers that are pushed to, some or all.</summary>
    public static readonly Scenario PushRejoining = Rejoining with
    {
        Name = "push-rejoining",
        Promise = "as rejoining, with followers that are pushed to",
        Draw = chance => Pushed(chance, Rejoining.Draw(chance)),
    };

    /// <summary>
    /// acks=all answered once a majority has it: lost only by a leader that was not of that majority. What is committed is safe as ever.
    /// </summary>
    public static readonly Scenario Quorum = Durable with
    {
        Name = "quorum",
        Promise = "acks=all waits for a majority: lost only by leaders that are not of it; all else as durable",
        Draw = chance => MaybePushed(chance, Durable.Draw(chance) with { Acks = Setting.RuleOf("quorum") }),
        Laws = () => [.. Law.All().Where(law => law is not AcknowledgedRecordsSurvive), new QuorumAcksSurviveLeadersOfTheirMajority()],
    };

    /// <summary>As <see cref="Durable"/>, while records are deleted by request and by age: followers find that what they need is gone.</summary>
    public static readonly Scenario Trimmed = Durable with
    {
        Name = "trimmed",
        Promise = "as durable, while committed records are deleted by request and by age",
        Draw = chance => MaybePushed(chance, Durable.Draw(chance)) with
        {
            DeletesEveryMs = chance.Of([100, 400, 1000]),
            OffsetsPerSegment = chance.Of([0, 6, 20]),
            DropsOldSegments = true,
        },
    };

    /// <summary>As <see cref="PageCache"/>, over logs of small segments, at whose ends producers are remembered on disk.</summary>
    public static readonly Scenario Snapshots = PageCache with
    {
        Name = "snapshots",
        Promise = "as page-cache, with producers remembered from snapshots that crashes lose and truncation makes untrue",
        Draw = chance => MaybePushed(chance, PageCache.Draw(chance)) with { OffsetsPerSegment = chance.Of([6, 6, 20]) },
    };

    /// <summary>As <see cref="Durable"/>, with a metadata store that is gone or cut off much of the time.</summary>
    public static readonly Scenario StoreFails = new(
        "store-fails",
        "as durable, with a metadata store that crashes, stands still or is out of reach much of the time",
        chance => MaybePushed(chance, Durable.Draw(chance)),
        [
            FaultKind.StoreCrash, FaultKind.StoreCrash, FaultKind.StorePause, FaultKind.StorePause, FaultKind.CutFromStore, FaultKind.CutFromStore,
            FaultKind.CutFromAnswers, FaultKind.CutFromAnswers, FaultKind.Crash, FaultKind.Pause, FaultKind.CleanRestart, FaultKind.Isolate, FaultKind.PowerLoss,
        ]);

    /// <summary>What a soak runs when it is not told otherwise.</summary>
    public static readonly Scenario[] All = [Durable, PageCache, Rejoining, FlushedAcks, LeaderAcks, Push, PushRejoining, Quorum, Trimmed, Snapshots, StoreFails];

    public static Scenario? Find(string name) => Array.Find(All, scenario => scenario.Name == name);

    private static Setting Pushed(Chance chance, Setting setting) => setting with
    {
        PushedToPercent = chance.Of([60, 100]),
        PushWindowFrames = chance.Of([1, 2, 16]),
        PushWindowBatches = chance.Of([2, 40]),
    };

    private static Setting MaybePushed(Chance chance, Setting setting) => chance.Percent(50) ? Pushed(chance, setting) : setting;

    private static Setting Any(Chance chance)
    {
        var nodes = chance.Percent(70) ? 3 : chance.Between(4, 5);
        return new Setting
        {
            Nodes = nodes,
            Replicas = chance.Percent(70) ? 3 : nodes,
            DelayMs = chance.Of([1, 3, 3, 20, 100]),
            FlushMs = chance.Of([2, 10, 60]),
            BatchesPerFetch = chance.Of([2, 20]),
            LossPerMille = chance.Of([0, 0, 5, 30]),
            DuplicatesPerMille = chance.Of([0, 20, 150]),
            FaultEveryMs = chance.Of([250, 500, 900]),
            MostFaultsAtOnce = chance.Between(1, 3),
            ProduceEveryMs = chance.Of([30, 60, 120]),
            ReplicaLagMax = TimeSpan.FromMilliseconds(chance.Of([400, 700, 1500])),
        };
    }
}
