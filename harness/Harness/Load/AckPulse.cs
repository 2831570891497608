namespace Harness.Load;

/// <summary>Acknowledgements, or records read, in short equal intervals: when none came, and for how long.</summary>
public sealed record AckPulse
{
    /// <summary>Start of the first interval, CLOCK_MONOTONIC.</summary>
    public required long StartNanoseconds { get; init; }

    public required long IntervalNanoseconds { get; init; }

    /// <summary>Records acknowledged or read in each interval; what follows the last is empty.</summary>
    public required IReadOnlyList<long> Records { get; init; }

    /// <summary>The longest wait among them since the intended send time, or for the fetch, in nanoseconds; 0 where there was none.</summary>
    public required IReadOnlyList<long> Worst { get; init; }

    /// <summary>The longest time within these moments in which nothing was acknowledged, to the interval.</summary>
    public TimeSpan LongestSilence(long from, long to)
    {
        var first = Math.Max(0, IntervalOf(from));
        var last = IntervalOf(to - 1);
        int longest = 0, silent = 0;
        for (var i = first; i <= last; i++)
        {
            silent = i < Records.Count && Records[i] > 0 ? 0 : silent + 1;
            longest = Math.Max(longest, silent);
        }

        return Clock.Span(longest * IntervalNanoseconds);
    }

    /// <summary>From a moment to the end of the first interval after it in which something was acknowledged; null when nothing was.</summary>
    public TimeSpan? FirstAfter(long moment)
    {
        for (var i = Math.Max(0, IntervalOf(moment + IntervalNanoseconds - 1)); i < Records.Count; i++)
            if (Records[i] > 0) return Clock.Span(StartNanoseconds + (i + 1) * IntervalNanoseconds - moment);
        return null;
    }

    private int IntervalOf(long moment) => (int)((moment - StartNanoseconds) / IntervalNanoseconds);
}
