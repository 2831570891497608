namespace Harness.Load;

/// <summary>How soon a rate comes up to what it then stays at.</summary>
internal static class RampUp
{
    /// <summary>As long as a rate is taken over: shorter ones say more about single answers.</summary>
    private const long Window = 100 * Clock.Millisecond;

    private const double Share = 0.9;

    /// <summary>Below this many windows there is nothing that could be called steady.</summary>
    private const int WindowsMin = 10;

    /// <summary>From the first record to 90 % of the steady rate: the median over the second half of what came after it.</summary>
    /// <returns>To the interval; null where too little came to tell.</returns>
    public static TimeSpan? Of(AckPulse pulse, long from, long to)
    {
        var length = (int)Math.Max(1, Window / pulse.IntervalNanoseconds);
        var last = Math.Min(pulse.Records.Count, IntervalOf(to));
        var first = Math.Max(0, IntervalOf(from));
        while (first < last && pulse.Records[first] == 0) first++;
        // The one that it ends in was not had in full.
        var windows = last - 1 - first - length + 1;
        if (windows < WindowsMin * length) return null;

        var sums = new long[windows];
        for (var i = 0; i < windows; i++)
            for (var j = 0; j < length; j++) sums[i] += pulse.Records[first + i + j];
        var later = sums[(windows / 2)..].Order().ToList();
        var steady = later[later.Count / 2];
        return Clock.Span(Array.FindIndex(sums, sum => sum >= Share * steady) * pulse.IntervalNanoseconds);

        int IntervalOf(long moment) => (int)((moment - pulse.StartNanoseconds) / pulse.IntervalNanoseconds);
    }
}
