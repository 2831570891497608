using System.Diagnostics;

namespace Harness.Measures.Calibrating;

/// <summary>How fast something goes, as the median of slices: one hiccup of the machine does not count.</summary>
internal static class SliceRate
{
    private const int Slices = 10; // even, for the median below

    /// <summary>Does a piece of work again and again.</summary>
    /// <param name="time">For so long.</param>
    /// <param name="work">One piece; gives back how much it was.</param>
    /// <param name="stop">Ends it between two slices.</param>
    /// <returns>What <paramref name="work"/> gives, per second.</returns>
    public static double Of(TimeSpan time, Func<long> work, CancellationToken stop)
    {
        var rates = new double[Slices];
        work(); // the first finds its code and pages cold
        for (var slice = 0; slice < Slices; slice++)
        {
            stop.ThrowIfCancellationRequested();
            var (done, elapsed, clock) = (0L, TimeSpan.Zero, Stopwatch.StartNew());
            // A piece may be too short for the clock to see.
            while (elapsed == TimeSpan.Zero || elapsed < time / Slices)
            {
                done += work();
                elapsed = clock.Elapsed;
            }

            rates[slice] = done / elapsed.TotalSeconds;
        }

        // The plain one: an estimate that weighs all values would let a hiccup in.
        Array.Sort(rates);
        return (rates[(Slices / 2) - 1] + rates[Slices / 2]) / 2;
    }
}
