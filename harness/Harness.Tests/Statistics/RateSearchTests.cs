using Harness.Statistics;

namespace Harness.Tests.Statistics;

public sealed class RateSearchTests
{
    [Theory]
    [InlineData(100_000, 1_020_000)]
    [InlineData(5_000_000, 1_020_000)]
    [InlineData(100_000, 100_300)]
    [InlineData(100, 37)]
    public void Search_ASharpLimit_IsFoundWithinThePrecisionAndBothNeighboursConfirmed(double start, double limit)
    {
        var search = new RateSearch(new RateSearchRule(start));

        Run(search, rate => rate <= limit);

        Assert.True(search.IsConfirmed);
        Assert.InRange(limit, search.Passing!.Value, search.Failing!.Value);
        Assert.InRange(search.Failing.Value / search.Passing.Value, 1, limit > 100 ? 1.05 : 1.06); // no finer than whole records
        Assert.Equal((3, 3), search.At(search.Passing.Value));
        Assert.Equal((0, 2), search.At(search.Failing.Value)); // a third could change nothing
        Assert.InRange(search.Runs, 5, 20);
    }

    [Fact]
    public void Search_EverythingPasses_EndsAtTheHighestThereIs()
    {
        var search = new RateSearch(new RateSearchRule(1000) { RateMax = 5000 });

        Assert.Equal([1000, 2000, 4000, 5000, 5000, 5000], Run(search, _ => true));
        Assert.Equal((true, (double?)5000, (double?)null), (search.IsConfirmed, search.Passing, search.Failing));
    }

    [Fact]
    public void Search_NothingPasses_EndsWithoutARate()
    {
        var search = new RateSearch(new RateSearchRule(1000) { RateMin = 300 });

        Assert.Equal([1000, 500, 500], Run(search, _ => false));
        Assert.Equal((false, (double?)null, (double?)500), (search.IsConfirmed, search.Passing, search.Failing));
    }

    [Fact]
    public void Search_RatesThatCannotBeTried_AreNotTriedAgain()
    {
        var search = new RateSearch(new RateSearchRule(1000));
        search.Record(1000, passed: true);
        search.Bound(2000);

        Assert.Equal(1900, search.Next);
        Run(search, _ => true);
        Assert.Equal(1900, search.Passing);
    }

    [Fact]
    public void Search_OneUnluckyRunOnTheWay_DoesNotDecide()
    {
        var unlucky = 1;
        var search = new RateSearch(new RateSearchRule(1000));

        // The first run at 2000 fails, as it would with a machine that was busy meanwhile.
        Run(search, rate => rate < 3000 && !(rate == 2000 && unlucky-- > 0));

        Assert.InRange(search.Passing!.Value, 2850, 3000);
    }

    [Fact]
    public void Search_OneLuckyRunOnTheWay_DoesNotDecide()
    {
        var lucky = 1;
        var search = new RateSearch(new RateSearchRule(1000));

        Run(search, rate => rate < 3000 || (rate == 4000 && lucky-- > 0));

        Assert.InRange(search.Passing!.Value, 2850, 3000);
    }

    [Fact]
    public void Search_NoisyResults_AreRepeatableWithinTheirPrecision()
    {
        // A queue of capacity 1,000,000 whose p99 is 2 ms when idle and scatters by a tenth: 10 ms are met up to 800,000.
        var found = Enumerable.Range(1, 100).Select(seed =>
        {
            var draws = new Draws(seed);
            var search = new RateSearch(new RateSearchRule(100_000));
            Run(search, rate => rate < 1e6 && 2 / (1 - (rate / 1e6)) * Math.Exp(0.1 * draws.Normal()) <= 10);
            Assert.True(search.IsConfirmed, $"seed {seed}");
            return search.Passing!.Value;
        }).ToList();

        Assert.InRange(found.Count(rate => rate is > 0.95 * 800_000 and < 1.05 * 800_000), 90, 100);
    }

    [Fact]
    public void Search_ResultsThatAreNothingButChance_AreGivenUp()
    {
        var draws = new Random(4);
        var search = new RateSearch(new RateSearchRule(1000) { RunsMax = 7 });

        Assert.True(Run(search, _ => draws.Next(2) == 0).Count <= 7);
    }

    /// <returns>The rates that were tried.</returns>
    private static List<double> Run(RateSearch search, Func<double, bool> passes)
    {
        var tried = new List<double>();
        while (search.Next is { } rate)
        {
            tried.Add(rate);
            search.Record(rate, passes(rate));
        }

        return tried;
    }
}
