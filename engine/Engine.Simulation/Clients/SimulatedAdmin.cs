using Engine.Simulation.Machines;

namespace Engine.Simulation.Clients;

/// <summary>An administrator who has records deleted now and then, by whichever node may lead, and does not care what becomes of it.</summary>
internal sealed class SimulatedAdmin(Schedule schedule, int id) : Endpoint(schedule, id)
{
    private const int NextTimer = 1;

    public void Begin()
    {
        if (Schedule.Setting.DeletesEveryMs > 0) PlanNext();
    }

    protected override void Receive(Message message) => throw new InvalidOperationException("nobody answers an administrator");

    protected override void Due(int timer)
    {
        if (Schedule.Faults.IsHealed) return;

        PlanNext();
        var leader = Schedule.PartitionOf(Schedule.Store.State).Leader;
        var committed = (int)Schedule.Witness.CommittedEnd;
        // All of it, or somewhere in it, in the middle of a batch as well.
        var offset = Chance.Percent(30) ? -1 : Chance.Below(committed + 1);
        Send(leader >= 0 && Chance.Percent(80) ? leader : Chance.Below(Schedule.Nodes.Count), new DeleteRecords(offset));
    }

    private void PlanNext() => SetTimer(NextTimer, Chance.Span(20, 2 * Schedule.Setting.DeletesEveryMs));
}
