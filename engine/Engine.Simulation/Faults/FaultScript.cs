using Engine.Simulation.Machines;
using Engine.Simulation.Nodes;

namespace Engine.Simulation.Faults;

/// <summary>Brings faults and ends them, within what the scenario's promise allows; at last heals everything.</summary>
internal sealed class FaultScript(Schedule schedule, FaultKind[] kinds)
{
    private const int NextTimer = -1;
    private const int HealTimer = -2;

    private readonly List<Active> _active = [];
    private int _ended;
    private bool _mayKill = true;

    /// <summary>From here on nothing goes wrong any more.</summary>
    public bool IsHealed { get; private set; }

    public long HealedAt { get; private set; }

    /// <summary>How many faults have come, or would have and were spared.</summary>
    public int Count { get; private set; }

    /// <summary>How many batches the idempotent producer had acknowledged until then.</summary>
    public int AcknowledgedBefore { get; private set; }

    private Chance Chance => schedule.Chance;

    public void Begin()
    {
        schedule.Plan(Chance.Span(100, 2 * schedule.Setting.FaultEveryMs), Own(NextTimer));
        schedule.Plan(schedule.Setting.FaultsFor, Own(HealTimer));
    }

    public void Due(int timer)
    {
        if (timer == HealTimer) Heal();
        else if (IsHealed) return;
        else if (timer == NextTimer)
        {
            schedule.Plan(Chance.Span(20, 2 * schedule.Setting.FaultEveryMs), Own(NextTimer));
            if (_active.Count < schedule.Setting.MostFaultsAtOnce) BringNext();
        }
        else if (_active.FindIndex(fault => fault.Number == timer) is >= 0 and var index)
        {
            var over = _active[index];
            _active.RemoveAt(index);
            End(over);
        }
    }

    /// <summary>A node has ended by itself: somebody starts it again, later.</summary>
    public void NodeFailed(SimulatedNode node)
    {
        if (IsHealed) node.Start();
        else if (!_active.Any(fault => IsDown(fault, node.Id))) Keep(FaultKind.Crash, node.Id, -1, 200, 1500);
    }

    private void BringNext()
    {
        var (kind, number) = (Chance.Of<FaultKind>(kinds), Count++);
        if (!schedule.Spared.Contains(number)) Bring(kind, number);
    }

    private void Bring(FaultKind kind, int number)
    {
        var node = Victim();
        schedule.Note($"fault {number}: {kind}, node {node.Id}");
        var isFree = node.IsUp && !node.IsPaused;
        if (!_mayKill && schedule.IsWhole()) _mayKill = true;
        switch (kind)
        {
            case FaultKind.Crash when isFree && _mayKill:
                node.Crash();
                Keep(kind, node.Id, -1, 50, 2000);
                break;
            case FaultKind.PowerLoss when isFree:
                node.LosePower();
                Keep(kind, node.Id, -1, 50, 2000);
                break;
            case FaultKind.CrashAll when _mayKill:
            case FaultKind.PowerLossAll:
                foreach (var one in schedule.Nodes) EndNow(one, kind);
                break;
            case FaultKind.PowerLossOfOne when schedule.IsWhole():
                _mayKill = false;
                node.LosePower();
                Keep(kind, node.Id, -1, 20, 1000);
                break;
            case FaultKind.PowerLossOfOutsider when Outsider() is { } outsider:
                _mayKill = false;
                outsider.LosePower();
                Keep(kind, outsider.Id, -1, 20, 400);
                break;
            case FaultKind.CleanRestart when isFree:
                node.BeginStop();
                Keep(kind, node.Id, -1, 600, 1500);
                break;
            case FaultKind.Pause when isFree:
                node.Pause();
                Keep(kind, node.Id, -1, 100, 2500);
                break;
            case FaultKind.StoreCrash when schedule.Store is { IsUp: true, IsPaused: false }:
                schedule.Store.Crash();
                Keep(kind, schedule.Store.Id, -1, 50, 3000);
                break;
            case FaultKind.StorePause when schedule.Store is { IsUp: true, IsPaused: false }:
                schedule.Store.Pause();
                Keep(kind, schedule.Store.Id, -1, 50, 3000);
                break;
            case FaultKind.FailedFlush when isFree:
                node.Disk.FailsNextFlush = true;
                break;
            default:
                Disturb(kind, node.Id);
                break;
        }
    }

    private void Disturb(FaultKind kind, int node)
    {
        var other = Chance.Below(schedule.Nodes.Count + 1); // The store comes after the nodes.
        if (other == node) return;
        switch (kind)
        {
            case FaultKind.CutOneWay:
                if (Chance.Percent(50)) (node, other) = (other, node);
                break;
            case FaultKind.CutBothWays:
                break;
            case FaultKind.CutFromAnswers:
                (kind, node, other) = (FaultKind.CutOneWay, schedule.Store.Id, node);
                break;
            case FaultKind.Isolate:
                other = -1;
                break;
            case FaultKind.CutFromStore:
                other = schedule.Store.Id;
                break;
            case FaultKind.SlowLink:
                schedule.Network.Slow(node, other, Chance.Span(20, 700));
                schedule.Network.Slow(other, node, Chance.Span(0, 300));
                break;
            default:
                return; // One that is not possible at the moment.
        }

        var fault = Keep(kind, node, other, 100, 2500);
        ForEachCut(fault, schedule.Network.Cut);
    }

    private void End(in Active fault)
    {
        switch (fault.Kind)
        {
            case FaultKind.Pause:
                schedule.Nodes[fault.Node].Resume();
                break;
            case FaultKind.StorePause:
                schedule.Store.Resume();
                break;
            case FaultKind.StoreCrash:
                schedule.Store.Start();
                break;
            case FaultKind.SlowLink:
                schedule.Network.Slow(fault.Node, fault.Other, 0);
                schedule.Network.Slow(fault.Other, fault.Node, 0);
                break;
            case FaultKind.CleanRestart:
                schedule.Nodes[fault.Node].StopCleanly();
                if (!schedule.Nodes[fault.Node].IsUp && !IsDown(fault.Node)) schedule.Nodes[fault.Node].Start();
                break;
            case FaultKind.CutOneWay or FaultKind.CutBothWays or FaultKind.Isolate or FaultKind.CutFromStore:
                ForEachCut(fault, schedule.Network.Mend);
                break;
            default:
                if (!schedule.Nodes[fault.Node].IsUp) schedule.Nodes[fault.Node].Start();
                break;
        }
    }

    private void Heal()
    {
        (IsHealed, HealedAt, AcknowledgedBefore) = (true, schedule.Now, schedule.Idempotent.Acknowledged);
        foreach (var node in schedule.Nodes) node.Disk.FailsNextFlush = false;
        (schedule.Network.LossPerMille, schedule.Network.DuplicatesPerMille) = (0, 0);
        schedule.Network.DelayMs = Math.Min(schedule.Network.DelayMs, 20);
        while (_active.Count > 0)
        {
            var fault = _active[^1];
            _active.RemoveAt(_active.Count - 1);
            End(fault);
        }
    }

    private void EndNow(SimulatedNode node, FaultKind kind)
    {
        if (!node.IsUp) return;
        if (node.IsPaused) _active.RemoveAll(fault => fault.Kind == FaultKind.Pause && fault.Node == node.Id);
        if (kind == FaultKind.CrashAll) node.Crash();
        else node.LosePower();
        Keep(kind, node.Id, -1, 50, 2000);
    }

    private void ForEachCut(in Active fault, Action<int, int> change)
    {
        if (fault.Kind is not (FaultKind.CutOneWay or FaultKind.CutBothWays or FaultKind.Isolate or FaultKind.CutFromStore)) return;
        for (var other = 0; other < schedule.EndpointCount; other++)
        {
            if (other == fault.Node || (fault.Other >= 0 && other != fault.Other)) continue;
            change(fault.Node, other);
            if (fault.Kind != FaultKind.CutOneWay) change(other, fault.Node);
        }
    }

    /// <summary>The leader and the controller are what most depends on.</summary>
    private SimulatedNode Victim()
    {
        var leader = schedule.PartitionOf(schedule.Store.State).Leader;
        var node = Chance.Percent(40) && leader >= 0 ? leader
            : Chance.Percent(15) && schedule.Store.Controller >= 0 ? schedule.Store.Controller
            : Chance.Below(schedule.Nodes.Count);
        return schedule.Nodes[node];
    }

    private SimulatedNode? Outsider()
    {
        var partition = schedule.PartitionOf(schedule.Store.State);
        if (schedule.Nodes.Any(node => !node.IsUp || node.IsPaused)) return null;
        return schedule.Nodes.Find(node => node.IsReplica && !partition.Isr.Contains(node.Id) && !partition.Eligible.Contains(node.Id));
    }

    private bool IsDown(int node) => _active.Any(fault => IsDown(fault, node));

    private static bool IsDown(in Active fault, int node) => fault.Node == node
        && fault.Kind is FaultKind.Crash or FaultKind.CrashAll or FaultKind.PowerLoss or FaultKind.PowerLossAll
            or FaultKind.PowerLossOfOne or FaultKind.PowerLossOfOutsider;

    private Active Keep(FaultKind kind, int node, int other, int leastMs, int mostMs)
    {
        var fault = new Active(++_ended, kind, node, other);
        _active.Add(fault);
        schedule.Plan(Chance.Span(leastMs, mostMs), Own(fault.Number));
        return fault;
    }

    private static Happening Own(int timer) => new(-1, null, timer, 0);

    private readonly record struct Active(int Number, FaultKind Kind, int Node, int Other);
}
