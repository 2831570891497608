namespace Harness.Statistics;

/// <summary>What a <see cref="RateSearch"/> goes by.</summary>
/// <param name="Start">The first rate that is tried.</param>
public sealed record RateSearchRule(double Start)
{
    /// <summary>How far the lowest rate that fails may lie above the highest that passes, as a share of it.</summary>
    public double Precision { get; init; } = 0.05;

    /// <summary>Runs that the rates at the end of the search are judged by, an odd number so that they cannot come out even.</summary>
    public int Confirmations { get; init; } = 3;

    /// <summary>No rate above this is tried.</summary>
    public double RateMax { get; init; } = 1e9;

    /// <summary>No rate below this is tried.</summary>
    public double RateMin { get; init; } = 10;

    /// <summary>Where results go back and forth for so long, the search is given up.</summary>
    public int RunsMax { get; init; } = 60;
}

/// <summary>Finds the highest rate that passes a test which fails above some rate, and passes by chance now and then. Pure: rates out, results in.</summary>
/// <remarks>
/// The rate doubles until one fails (or halves until one passes), then the middle of the two on a logarithmic scale is tried until they are
/// within <see cref="RateSearchRule.Precision"/>. Up to there a rate is judged by one run. Then both ends are repeated: the lower one until
/// it has all its <see cref="RateSearchRule.Confirmations"/>, the upper one until they can no longer come out otherwise. A rate is what most of its runs
/// say; where that turns an end round, the search goes on from there. So both neighbours of what is found have been confirmed, and neither a lucky
/// run nor an unlucky one on the way decides.
/// </remarks>
public sealed class RateSearch(RateSearchRule rule)
{
    private readonly SortedDictionary<double, Tally> _tallies = [];
    private double _rateMax = rule.RateMax;

    /// <summary>Runs so far.</summary>
    public int Runs => _tallies.Values.Sum(tally => tally.Runs);

    /// <summary>The highest rate that passes, of those below all that fail; null while there is none.</summary>
    public double? Passing => Highest(_tallies.Where(rate => rate.Value.Passes && rate.Key < (Failing ?? double.MaxValue)).Select(rate => rate.Key));

    /// <summary>The lowest rate that fails; null while there is none.</summary>
    public double? Failing => Lowest(_tallies.Where(rate => !rate.Value.Passes).Select(rate => rate.Key));

    /// <summary>The rate to try next; null when the search is over.</summary>
    public double? Next => Runs >= rule.RunsMax ? null : Wanted;

    /// <summary>Whether what is found stands by all the runs that were to confirm it.</summary>
    public bool IsConfirmed => Passing is not null && Wanted is null;

    /// <summary>How many runs at a rate passed, and of how many.</summary>
    public (int Passed, int Runs) At(double rate) => _tallies.TryGetValue(rate, out var tally) ? (tally.Passed, tally.Runs) : (0, 0);

    /// <summary>A run at this rate is over.</summary>
    public void Record(double rate, bool passed)
    {
        var tally = _tallies.GetValueOrDefault(rate);
        _tallies[rate] = new Tally(tally.Passed + (passed ? 1 : 0), tally.Runs + 1);
    }

    /// <summary>No rate from this one on can be tried at all.</summary>
    public void Bound(double rate) => _rateMax = Math.Min(_rateMax, Rounded(rate / (1 + rule.Precision)));

    /// <summary>Three significant digits: more would not be known, and fewer cells have the same name.</summary>
    public static double Rounded(double rate)
    {
        var unit = Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(rate)) - 2));
        return Math.Round(rate / unit) * unit;
    }

    private double? Wanted
    {
        get
        {
            if (_tallies.Count == 0) return Math.Min(Rounded(rule.Start), _rateMax) is var first && first >= rule.RateMin ? first : null;

            var (passing, failing) = (Passing, Failing);
            // Something above passed: the failure may have been bad luck.
            if (failing is { } doubted && _tallies.Any(rate => rate.Key > doubted && rate.Value.Passes) && !IsCertain(doubted)) return doubted;

            if (failing is null) return passing < _rateMax ? Math.Min(Rounded(passing.Value * 2), _rateMax) : Unconfirmed(passing, null);
            if (passing is null) return Rounded(failing.Value / 2) is var lower && lower >= rule.RateMin ? lower : Unconfirmed(null, failing);

            var middle = Rounded(Math.Sqrt(passing.Value * failing.Value));
            return failing / passing > 1 + rule.Precision && middle > passing && middle < failing ? middle : Unconfirmed(passing, failing);
        }
    }

    /// <summary>The end that has fewer runs, if any has too few.</summary>
    private double? Unconfirmed(double? passing, double? failing)
    {
        var few = new List<double>();
        if (passing is { } low && _tallies[low].Runs < rule.Confirmations) few.Add(low);
        if (failing is { } high && !IsCertain(high)) few.Add(high);
        return few.Count == 0 ? null : few.MinBy(rate => _tallies[rate].Runs);
    }

    /// <summary>Whether the runs still to come could not turn it round.</summary>
    private bool IsCertain(double rate)
    {
        var tally = _tallies[rate];
        return tally.Runs >= rule.Confirmations || tally.Passed * 2 > rule.Confirmations || (tally.Runs - tally.Passed) * 2 > rule.Confirmations;
    }

    private static double? Highest(IEnumerable<double> rates) => rates.Select(rate => (double?)rate).Max();

    private static double? Lowest(IEnumerable<double> rates) => rates.Select(rate => (double?)rate).Min();

    private readonly record struct Tally(int Passed, int Runs)
    {
        /// <summary>Most of them; half of them is not enough.</summary>
        public bool Passes => Passed * 2 > Runs;
    }
}
