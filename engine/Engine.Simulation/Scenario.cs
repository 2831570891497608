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
        chance => Any(chance) with { HoldsAcknowledgements = false, FlushesForAcks = true, MinInSync = chance.Between(1, 2) },
        [.. NothingLost, FaultKind.PowerLoss, FaultKind.PowerLoss, FaultKind.PowerLossAll, FaultKind.PowerLossAll])
    {
        Laws = () =>
        [
            new AcknowledgedRecordsSurvive(), new OneLeaderPerEpoch(), new EpochsOnlyRise(), new AfterHealingProducersGoOn(), new AfterHealingReplicasAgree(),
        ],
    };

    /// <summary>The control: what a leader alone acknowledges is lost now and then. Everything else holds as in <see cref="Durable"/>.</summary>
    public static readonly Scenario LeaderAcks = Durable with
    {
        Name = "leader-acks",
        Promise = "a control: acks=1 loses records when leaders fail; all else holds",
        Draw = chance => Durable.Draw(chance) with { HasLeaderAcks = true },
    };

    /// <summary>What a soak runs when it is not told otherwise.</summary>
    public static readonly Scenario[] All = [Durable, PageCache, Rejoining, FlushedAcks, LeaderAcks];

    public static Scenario? Find(string name) => Array.Find(All, scenario => scenario.Name == name);

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
