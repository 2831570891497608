using Harness.Results;
using Harness.Statistics;
using Harness.Tests.Results;

namespace Harness.Tests.Statistics;

public sealed class PairedComparisonTests
{
    [Fact]
    public void Comparison_OfTwiceTheBase_HasRatioTwo()
    {
        var comparison = PairedComparison.Of(Runs("a", 4, 6, 10), Runs("b", 2, 3, 5), Metric.P99)!;

        Assert.Equal((2d, 2d, 2d), (Math.Round(comparison.Ratio.Median, 9), Math.Round(comparison.Ratio.Low, 9), Math.Round(comparison.Ratio.High, 9)));
        Assert.Equal(3, comparison.Pairs);
    }

    [Fact]
    public void Comparison_UnderSharedDrift_SeesOnlyTheRatio()
    {
        // The machine slows threefold over the campaign: medians alone would spread threefold as well.
        var comparison = PairedComparison.Of(Runs("a", 0.5, 1, 1.5), Runs("b", 1, 2, 3), Metric.P99)!;

        Assert.Equal(0.5, comparison.Ratio.Median, 9);
        Assert.Equal(comparison.Ratio.Low, comparison.Ratio.High, 9);
    }

    [Fact]
    public void Comparison_SwappedSides_IsTheInverse()
    {
        var forth = PairedComparison.Of(Runs("a", 1, 5, 2), Runs("b", 2, 3, 7), Metric.P99)!.Ratio;
        var back = PairedComparison.Of(Runs("b", 2, 3, 7), Runs("a", 1, 5, 2), Metric.P99)!.Ratio;

        Assert.Equal(1, forth.Median * back.Median, 9);
        Assert.Equal(1, forth.Low * back.High, 9);
    }

    [Fact]
    public void Comparison_WithUnsoundAndMissingRuns_PairsWhatIsLeftByRepeat()
    {
        RunRow[] these = [.. Runs("a", 4, 400, 8)];
        these[1] = these[1] with { Sound = false };

        var comparison = PairedComparison.Of(these, Runs("b", 2, 2), Metric.P99)!;

        Assert.Equal(1, comparison.Pairs);
        Assert.Equal(2, comparison.Ratio.Median, 9);
    }

    [Fact]
    public void Comparison_WithoutACommonRepeat_IsNull() =>
        Assert.Null(PairedComparison.Of(Runs("a", 1), Runs("b", 1).Select(run => run with { Repeat = 2 }), Metric.P99));

    private static IEnumerable<RunRow> Runs(string cell, params double[] p99Ms) => p99Ms.Select((value, i) => Run.Of(cell, i + 1) with { P99Ms = value });
}
