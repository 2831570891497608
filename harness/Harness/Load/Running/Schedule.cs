namespace Harness.Load.Running;

/// <summary>When a run's phases begin and end, fixed before anything is sent. Moments are <see cref="Clock"/> nanoseconds.</summary>
/// <param name="Start">Start of the warm-up.</param>
/// <param name="MeasureStart">Start of the measured time.</param>
/// <param name="MeasureEnd">Its end; no record is due from then on.</param>
/// <param name="DrainEnd">When what is still under way is given up.</param>
internal sealed record Schedule(long Start, long MeasureStart, long MeasureEnd, long DrainEnd)
{
    public static Schedule From(LoadSpec spec, long start)
    {
        var measure = start + Clock.Nanoseconds(spec.Warmup);
        var end = measure + Clock.Nanoseconds(spec.Duration);
        return new(start, measure, end, end + Clock.Nanoseconds(spec.Drain));
    }

    /// <summary>Holds the calling thread back until the load begins.</summary>
    public void WaitForStart()
    {
        while (Start - Clock.Now is > 0 and var left) Thread.Sleep(Clock.Span(left + Clock.Millisecond / 2));
    }

    public bool Measures(long moment) => moment >= MeasureStart && moment < MeasureEnd;

    public int SecondOf(long moment) => (int)((moment - Start) / Clock.Second);

    public bool MeasuresSecond(int second) =>
        Start + second * Clock.Second >= MeasureStart && Start + (second + 1) * Clock.Second <= MeasureEnd;
}
