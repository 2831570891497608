using Engine.Simulation;
using Engine.Simulation.Running;

namespace Engine.Tests.Simulation;

public sealed class ShrinkingTests
{
    [Fact]
    public void Shrink_ScheduleThatBreaksALaw_BreaksItWithFewerFaults()
    {
        var (scenario, rules) = (Scenario.Durable, new Mutants.ElectsOutsideTheInSyncSet());
        var broken = Enumerable.Range(0, 200).Select(seed => new Schedule((ulong)seed, scenario, rules).Run()).First(one => one is { Law: not null, FaultsTotal: > 2 });

        var shrunk = Shrinking.Shrink(broken, scenario, rules);
        Assert.Equal(broken.Law, shrunk.Law);
        Assert.InRange(shrunk.FaultsBrought, 0, broken.FaultsTotal - 1);

        var again = new Schedule(broken.Seed, scenario, rules, spared: shrunk.Spared).Run();
        Assert.Equal((shrunk.Law, shrunk.Step, shrunk.Fingerprint), (again.Law, again.Step, again.Fingerprint));
    }

    [Fact]
    public void Schedule_WithAllFaultsSpared_SeesNone()
    {
        var outcome = new Schedule(1, Scenario.Durable, spared: [.. Enumerable.Range(0, 1000)]).Run();
        Assert.Equal((true, 0), (outcome.HoldsAllLaws, outcome.FaultsBrought));
    }
}
