namespace Harness.Load.Producing;

/// <summary>How many records are due in each second of a load whose rate comes and goes: known beforehand, as the seed decides it.</summary>
/// <remarks>What was offered in a few seconds of bursts may be far from the rate that they have in the long run.</remarks>
internal sealed class ArrivalPlan
{
    private readonly List<long> _seconds = [];

    private ArrivalPlan()
    {
    }

    /// <summary>Records due in the measured time.</summary>
    public long Measured { get; private set; }

    /// <summary>Records due in a second of the load, from 0.</summary>
    public long this[int second] => second < _seconds.Count ? _seconds[second] : 0;

    /// <summary>The plan of such a load; null where its rate says enough. Takes some 50 ns a record.</summary>
    public static ArrivalPlan? Of(LoadSpec spec)
    {
        if (spec.Produce is not { Arrival: Arrival.OpenShaped } produce) return null;

        var plan = new ArrivalPlan();
        var (measured, end) = (Clock.Nanoseconds(spec.Warmup), Clock.Nanoseconds(spec.Warmup + spec.Duration));
        for (var producer = 0; producer < produce.Connections; producer++)
        {
            for (var arrivals = Arrivals.Create(produce, producer, start: 0, spec.Seed); arrivals.Next < end; arrivals.Advance())
            {
                var second = (int)(arrivals.Next / Clock.Second);
                while (plan._seconds.Count <= second) plan._seconds.Add(0);
                plan._seconds[second]++;
                if (arrivals.Next >= measured) plan.Measured++;
            }
        }

        return plan;
    }
}
