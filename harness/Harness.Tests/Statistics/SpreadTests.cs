using Harness.Statistics;

namespace Harness.Tests.Statistics;

public sealed class SpreadTests
{
    [Fact]
    public void Spread_OfNothing_IsNull() => Assert.Null(Spread.Of([]));

    [Fact]
    public void Spread_OfOneValue_IsThatValueAndClaimsNoConfidence()
    {
        var spread = Spread.Of([7.5])!;

        Assert.Equal((7.5, 7.5, 7.5, SpreadKind.Range, 1), (spread.Median, spread.Low, spread.High, spread.Kind, spread.Count));
    }

    [Fact]
    public void Spread_OfThreeValues_IsTheirMiddleAndRange()
    {
        var spread = Spread.Of([10, 1, 4])!;

        Assert.Equal((4, 1, 10, SpreadKind.Range), (spread.Median, spread.Low, spread.High, spread.Kind));
        Assert.Equal("lowest to highest, n = 3", spread.KindText);
        Assert.Equal(2.5, Spread.Of([10, 1, 4, 0])!.Median);
    }

    [Fact]
    public void Spread_OfSixValues_IsHarrellDavisWithMaritzJarrett()
    {
        // Harrell and Davis weigh the i-th of six by Beta(7/2, 7/2) between (i-1)/6 and i/6: density (x (1-x))^(5/2), summed by
        // midpoints. Maritz and Jarrett: s^2 = sum w x^2 - (sum w x)^2, interval median -+ t s with t(97.5 %, 5 degrees) = 2.5706.
        static double Area(int i) => Enumerable.Range(0, 1000).Sum(step => (i + ((step + 0.5) / 1000)) / 6 is var x ? Math.Pow(x * (1 - x), 2.5) : 0);
        double[] values = [1, 2, 4, 8, 16, 32];
        var all = Enumerable.Range(0, 6).Sum(Area);
        var median = values.Select((value, i) => value * Area(i) / all).Sum();
        var error = Math.Sqrt(values.Select((value, i) => value * value * Area(i) / all).Sum() - (median * median));

        var spread = Spread.Of([8, 1, 32, 4, 2, 16])!;

        Assert.Equal(SpreadKind.Confidence, spread.Kind);
        Assert.Equal(median, spread.Median, 4);
        Assert.Equal(1, spread.Low); // the formula says less than zero
        Assert.Equal(median + (2.5706 * error), spread.High, 3);
        Assert.True(median - (2.5706 * error) < 0);
    }

    [Fact]
    public void Spread_OfEqualValues_HasNoWidth()
    {
        var spread = Spread.Of([2, 2, 2, 2, 2, 2, 2])!;

        Assert.Equal(2, spread.Median);
        Assert.Equal((2d, 2d), (Math.Round(spread.Low, 6), Math.Round(spread.High, 6)));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(10)]
    [InlineData(25)]
    public void Spread_IntervalOfTheMedian_CoversItAboutAsOftenAsItSays(int count)
    {
        // Draws of an exponential law, whose median is ln 2, two thousand times.
        var random = new Random(7);
        var covered = 0;
        for (var trial = 0; trial < 2000; trial++)
        {
            var spread = Spread.Of([.. Enumerable.Range(0, count).Select(_ => -Math.Log(1 - random.NextDouble()))])!;
            if (spread.Low <= Math.Log(2) && Math.Log(2) <= spread.High) covered++;
        }

        Assert.InRange(covered / 2000.0, 0.93, 0.98);
    }
}
