using Engine.Simulation.Nodes;

namespace Engine.Simulation.Running;

/// <summary>Leaves out the faults of a schedule that broke a law, one after the other, as long as that one is broken still.</summary>
/// <remarks>
/// Without a fault all that follows may be different, so each attempt is a run, and what is left need not be the least there is. From
/// the last fault to the first, as leaving one out changes nothing before it.
/// </remarks>
internal static class Shrinking
{
    public static Outcome Shrink(Outcome broken, Scenario scenario, Rules? rules = null)
    {
        var (best, before) = (broken, int.MaxValue);
        while (best.FaultsBrought < before)
        {
            before = best.FaultsBrought;
            for (var fault = best.FaultsTotal - 1; fault >= 0; fault--)
            {
                if (best.Spared.Contains(fault)) continue;
                var without = new Schedule(broken.Seed, scenario, rules, spared: [.. best.Spared, fault]).Run();
                if (without.Law == broken.Law && without.FaultsBrought < best.FaultsBrought) best = without;
            }
        }

        return best;
    }
}
