using Harness.Results;
using Harness.Statistics;

namespace Harness.Tests.Statistics;

public sealed class ComparisonTests
{
    private const int Comparisons = 40;
    private const int Campaigns = 250;

    private static readonly ComparisonRule Usual = new();

    [Theory]
    [InlineData(3, 0.03)]
    [InlineData(5, 0.03)]
    [InlineData(5, 0.1)]
    [InlineData(6, 0.1)]
    [InlineData(10, 0.1)]
    public void Pairs_OfTheSame_DifferFalselyAtMostOnceInTwenty(int pairs, double noise) =>
        AssertFalseAlarms(draws => Comparison.OfPairs(draws.Rounds(pairs, noise), Usual)!);

    [Theory]
    [InlineData(3, 0.03)]
    [InlineData(5, 0.1)]
    [InlineData(8, 0.1)]
    public void Campaigns_OfTheSame_DifferFalselyAtMostOnceInTwenty(int runs, double noise) =>
        AssertFalseAlarms(draws => Comparison.Of(draws.Many(runs, d => d.Noisy(noise)), draws.Many(runs, d => d.Noisy(noise)), Usual)!);

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(7)]
    public void Pairs_OfTheSameSkewed_DifferFalselyAtMostOnceInTwenty(int pairs) =>
        AssertFalseAlarms(draws => Comparison.OfPairs([.. draws.Many(pairs, d => d.Skewed()).Zip(draws.Many(pairs, d => d.Skewed()))], Usual)!);

    [Theory]
    [InlineData(5)]
    [InlineData(7)]
    public void Pairs_OfTheSameInTwoStates_DifferFalselyAtMostOnceInTwenty(int pairs) =>
        AssertFalseAlarms(draws => Comparison.OfPairs([.. draws.Many(pairs, d => d.Bimodal()).Zip(draws.Many(pairs, d => d.Bimodal()))], Usual)!);

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void Campaigns_OfTheSameSkewedOrInTwoStates_DifferFalselyAtMostOnceInTwenty(int runs)
    {
        AssertFalseAlarms(draws => Comparison.Of(draws.Many(runs, d => d.Skewed()), draws.Many(runs, d => d.Skewed()), Usual)!);
        AssertFalseAlarms(draws => Comparison.Of(draws.Many(runs, d => d.Bimodal()), draws.Many(runs, d => d.Bimodal()), Usual)!);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(8)]
    public void Pairs_TenPercentSlower_AreFoundInNineOfTenCampaigns(int pairs)
    {
        // Three percent a run, ten percent that rounds differ by: the latter is not to matter.
        var found = Enumerable.Range(0, Campaigns).Select(seed => Comparison.OfPairs(new Draws(seed).Rounds(pairs, 0.03, times: 1.1), Usual)!)
            .Count(comparison => comparison.Verdict == ComparisonVerdict.Differs && !comparison.IsBetter(Metric.P99));

        Assert.True(found >= 0.9 * Campaigns, $"{found} of {Campaigns}");
    }

    [Fact]
    public void Pairs_TenPercentSlower_HaveIntervalsThatHoldIt()
    {
        var held = Enumerable.Range(0, Campaigns).Count(seed => Comparison.OfPairs(new Draws(seed).Rounds(5, 0.03, times: 1.1), Usual)!.Ratio!.Contains(1.1));

        Assert.InRange(held / (double)Campaigns, 0.92, 0.99);
    }

    [Fact]
    public void Pairs_AllButEqual_HaveNoDifferenceThatMatters()
    {
        var verdicts = Enumerable.Range(0, Campaigns).Select(seed => Comparison.OfPairs(new Draws(seed).Rounds(5, 0.01, times: 1.005), Usual)!.Verdict).ToList();

        Assert.True(verdicts.Count(verdict => verdict == ComparisonVerdict.NoDifference) >= 0.9 * Campaigns);
    }

    [Fact]
    public void Pairs_ThreeOfThem_HaveStudentsWideInterval()
    {
        // Logarithms -0.1, 0, 0.1: mean 0, standard error 0.1 / sqrt(3), t(97.5 %, 2 degrees) = 4.3027.
        var comparison = Comparison.OfPairs([(Math.Exp(-0.1), 1), (1, 1), (Math.Exp(0.1), 1)], Usual)!;

        var reach = Math.Exp(4.3027 * 0.1 / Math.Sqrt(3));
        Assert.Equal((1, 1 / reach, reach), (Math.Round(comparison.Ratio!.Value, 9), comparison.Ratio.Low, comparison.Ratio.High), new Near(1e-4));
        Assert.Equal(ComparisonVerdict.Undecided, comparison.Verdict);
    }

    [Fact]
    public void Pairs_SixOfThem_HaveTheIntervalOfSignedRanks()
    {
        // With six signs 2 of 64 patterns are as one-sided as can be: 3.1 %, so nothing but the ends is left out.
        var comparison = Comparison.OfPairs([(1, 2), (2, 2), (3, 2), (5, 2), (8, 2), (13, 2)], Usual)!;

        Assert.Equal((-1d, 11d), (comparison.Shift.Low, comparison.Shift.High));
        Assert.Equal((0.5, 6.5), (Math.Round(comparison.Ratio!.Low, 9), Math.Round(comparison.Ratio.High, 9)));
    }

    [Fact]
    public void Campaigns_FourAgainstFour_HaveTheIntervalOfMannAndWhitney()
    {
        // 2 of the 70 orders are all apart: 2.9 %, so the interval is from the least difference to the largest.
        var comparison = Comparison.Of([11, 12, 13, 14], [1, 2, 3, 5], Usual)!;

        Assert.Equal((6d, 13d), (comparison.Shift.Low, comparison.Shift.High));
        Assert.InRange(comparison.Shift.Value, 9, 10.5);
        Assert.Equal(ComparisonVerdict.Differs, comparison.Verdict);
    }

    [Fact]
    public void Comparison_OfSingleRuns_SaysTheFigureAndDecidesNothing()
    {
        var comparison = Comparison.OfPairs([(3, 2)], Usual)!;

        Assert.Equal("1.50x [no interval]", comparison.Figure(Metric.P99));
        Assert.Equal("undecided: repeats needed", comparison.VerdictText(Metric.P99));
        Assert.Equal(ComparisonVerdict.Undecided, Comparison.Of([3], [2, 2, 2], Usual)!.Verdict);
        Assert.Null(Comparison.OfPairs([], Usual));
        Assert.Null(Comparison.Of([1], [], Usual));
    }

    [Fact]
    public void Comparison_SwappedSides_IsTheInverse()
    {
        var pairs = new Draws(1).Rounds(7, 0.1, times: 1.3);

        var forth = Comparison.OfPairs(pairs, Usual)!.Ratio!;
        var back = Comparison.OfPairs([.. pairs.Select(pair => (pair.Base, pair.This))], Usual)!.Ratio!;

        Assert.Equal((1, 1, 1), (forth.Value * back.Value, forth.Low * back.High, forth.High * back.Low), new Near(1e-9));
    }

    [Fact]
    public void Comparison_WithABaseAtZero_IsByTheShiftAndItsResolution()
    {
        (double, double)[] pairs = [(0.2, 0), (0.1, 0), (0.3, 0), (0.2, 0), (0.15, 0)];

        Assert.Null(Comparison.OfPairs(pairs, Usual)!.Ratio);
        Assert.Equal(ComparisonVerdict.Differs, Comparison.OfPairs(pairs, Usual)!.Verdict);
        Assert.Equal(ComparisonVerdict.NoDifference, Comparison.OfPairs(pairs, Usual with { Resolution = 0.5 })!.Verdict);
        Assert.Equal(ComparisonVerdict.NoDifference, Comparison.OfPairs([(0, 0), (0, 0)], Usual)!.Verdict);
        Assert.Equal(ComparisonVerdict.Undecided, Comparison.OfPairs([(0, 5), (9, 0), (1, 2)], Usual)!.Verdict);
    }

    [Fact]
    public void Comparison_OfNextToNothing_IsNoDifferenceHoweverLargeTheRatio()
    {
        (double, double)[] pairs = [(0.003, 0.001), (0.0031, 0.001), (0.0029, 0.001), (0.003, 0.0011), (0.003, 0.001)];

        Assert.Equal(ComparisonVerdict.Differs, Comparison.OfPairs(pairs, Usual)!.Verdict);
        Assert.Equal(ComparisonVerdict.NoDifference, Comparison.OfPairs(pairs, ComparisonRule.For(Metric.BrokerCores))!.Verdict);
    }

    [Fact]
    public void Comparison_OfMany_IsSoStrictThatOneCampaignInTwentyErrs()
    {
        var strict = Usual.AllOf(Comparisons);
        var erring = Enumerable.Range(0, Campaigns).Count(seed => new Draws(seed) is var draws
            && Enumerable.Range(0, Comparisons).Any(_ => Comparison.OfPairs(draws.Rounds(5, 0.1), strict)!.Verdict == ComparisonVerdict.Differs));

        Assert.InRange(erring / (double)Campaigns, 0, 0.05 + ThreeErrors(0.05, Campaigns));
    }

    [Theory]
    [InlineData(0.41, "0.41x [0.38, 0.443]", "better")]
    public void Comparison_InWords_HasRatioIntervalAndVerdict(double ratio, string figure, string verdict)
    {
        var comparison = new Comparison(new Estimate(ratio, 0.38, 0.4432), new Estimate(-1, -2, -0.5), ComparisonVerdict.Differs, 5, 5, IsPaired: true, Usual);

        Assert.Equal((figure, verdict), (comparison.Figure(Metric.CpuPerGb), comparison.VerdictText(Metric.CpuPerGb)));
        Assert.Equal("worse", comparison.VerdictText(Metric.Throughput));
        Assert.Equal("95 % confidence, 5 pairs", comparison.KindText);
        Assert.Equal("-1.00 MB/s [-2.00, -0.500]", (comparison with { Ratio = null }).Figure(Metric.Throughput));
        Assert.Equal("no difference of 5 % or more", (comparison with { Verdict = ComparisonVerdict.NoDifference }).VerdictText(Metric.Throughput));
    }

    private static void AssertFalseAlarms(Func<Draws, Comparison> compare)
    {
        const int count = Comparisons * Campaigns;
        var alarms = Enumerable.Range(0, Campaigns).Sum(seed => new Draws(seed) is var draws
            ? Enumerable.Range(0, Comparisons).Count(_ => compare(draws).Verdict == ComparisonVerdict.Differs)
            : 0);

        Assert.InRange(alarms / (double)count, 0, 0.05 + ThreeErrors(0.05, count));
    }

    // What counting so many times may be off by.
    private static double ThreeErrors(double share, int count) => 3 * Math.Sqrt(share * (1 - share) / count);

    private sealed class Near(double by) : IEqualityComparer<(double A, double B, double C)>
    {
        public bool Equals((double A, double B, double C) x, (double A, double B, double C) y) => Math.Abs(x.A - y.A) < by && Math.Abs(x.B - y.B) < by && Math.Abs(x.C - y.C) < by;

        public int GetHashCode((double A, double B, double C) obj) => 0;
    }
}
