using Harness.Results;

namespace Harness.Statistics;

/// <summary>Whether a run stayed what it was while it was measured: rate, latency and CPU second by second.</summary>
/// <remarks>
/// A run has drifted when one of them changed by <see cref="Matters"/> of its middle or more, either along a <see cref="Trend"/> that chance
/// makes three times in a thousand, or in a step that ED-PELT finds (Perfolizer; K. Haynes, P. Fearnhead, I. Eckley 2017) and that is several
/// times the noise on both its sides. Its numbers are then those of several states, and of how long each of them was measured.
/// </remarks>
/// <param name="IsStationary">Null when there were too few whole seconds to tell.</param>
/// <param name="Drifts">What changed, in words; empty for a stationary run.</param>
public sealed record Stationarity(bool? IsStationary, IReadOnlyList<string> Drifts)
{
    /// <summary>Whole measured seconds from which on something can be told.</summary>
    public const int SecondsMin = 8;

    /// <summary>As a share of the middle.</summary>
    public const double Matters = 0.1;

    private const double TrendPValueMax = 0.003;

    /// <summary>How many standard deviations of the noise within stretches lie between the middles of two neighbours, so that no wave passes for a step.</summary>
    private const double StepToNoise = 6;

    /// <summary>Standard deviations of a normal law in its median absolute deviation.</summary>
    private const double DeviationsInMad = 1.4826;

    /// <summary>The least cores that are worth a word: a broker that is idle doubles its use with every collection.</summary>
    private const double CoresMin = 0.05;

    private static readonly (string Name, Func<TimelinePoint, double?> Of)[] Series =
    [
        ("rate", point => point.AchievedPerSecond), ("median latency", point => point.P50Ms),
        ("broker CPU", point => point.BrokerCores),
    ];

    /// <param name="timeline">The run, warm-up and drain included.</param>
    /// <param name="measuredSeconds">How long it was measured.</param>
    public static Stationarity Of(IReadOnlyList<TimelinePoint> timeline, double measuredSeconds)
    {
        var measured = timeline.Where(point => point.Second >= 1 && point.Second <= Math.Floor(measuredSeconds)).OrderBy(point => point.Second).ToList();
        if (measured.Count < SecondsMin) return new Stationarity(null, []);

        List<string> drifts = [.. Series.Select(series => DriftOf(series.Name, [.. measured.Select(series.Of).OfType<double>()])).OfType<string>()];
        return new Stationarity(drifts.Count == 0, drifts);
    }

    /// <summary>What one series did, in words; null when it stayed or has holes.</summary>
    internal static string? DriftOf(string name, IReadOnlyList<double> series)
    {
        if (series.Count < SecondsMin) return null;

        var middle = Spread.Of(series)!.Median;
        if (middle <= 0 || (name.EndsWith("CPU", StringComparison.Ordinal) && middle < CoresMin)) return null;

        if (LargestStep(series) is { } step && Math.Abs(step.To - step.From) >= Matters * middle)
            return FormattableString.Invariant($"{name} changed by {(step.To / step.From - 1) * 100:+0;-0} % after {step.After} s");

        var trend = Trend.Of(series);
        return trend.PValue < TrendPValueMax && Math.Abs(trend.Change) >= Matters * middle
            ? FormattableString.Invariant($"{name} drifted by {trend.Change / middle * 100:+0;-0} % over {series.Count} s")
            : null;
    }

    /// <summary>The largest step that stands out from the noise about it, and how many values came before it; null for none.</summary>
    private static (int After, double From, double To)? LargestStep(IReadOnlyList<double> series)
    {
        int[] bounds = [0, .. ChangePoints.Of(series), series.Count];
        var stretches = bounds.Zip(bounds.Skip(1), (from, to) => series.Skip(from).Take(to - from).ToList()).ToList();
        var middles = stretches.Select(stretch => Spread.Of(stretch)!.Median).ToList();
        var noise = DeviationsInMad * Spread.Of([.. stretches.SelectMany((stretch, i) => stretch.Select(value => Math.Abs(value - middles[i])))])!.Median;
        return Enumerable.Range(1, stretches.Count - 1)
            .Select(i => (After: bounds[i], From: middles[i - 1], To: middles[i]))
            .Where(step => Math.Abs(step.To - step.From) >= StepToNoise * noise)
            .Select(step => ((int, double, double)?)step)
            .MaxBy(step => Math.Abs(step!.Value.Item3 - step.Value.Item2));
    }
}
