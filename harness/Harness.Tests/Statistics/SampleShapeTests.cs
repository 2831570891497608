using Harness.Statistics;

namespace Harness.Tests.Statistics;

public sealed class SampleShapeTests
{
    [Fact]
    public void Shape_OfOneWildRun_NamesIt()
    {
        Assert.Equal([3], SampleShape.Of([100, 101, 99, 180, 100, 102]).Outliers);
        Assert.Empty(SampleShape.Of([100, 101, 99, 104, 100, 100]).Outliers!);
    }

    [Fact]
    public void Shape_OfTwoStates_HasTwoModes()
    {
        Assert.Equal([1.0, 1.4], ModesOf([1, 1.41, 1.01, 1.4, 0.99, 1.39]));
        Assert.Equal([1.0, 1.4], ModesOf([1, 1.01, 0.99, 1, 1.02, 0.98, 1.4, 1.41, 1.39, 1.4, 1.42, 1.38]));
        Assert.Equal([1.0, 1.4], ModesOf(new Draws(1).Many(60, draws => draws.Bimodal())));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(10)]
    [InlineData(40)]
    public void Shape_OfOneHeap_IsSeldomSaidToBeSeveral(int count)
    {
        var several = Enumerable.Range(0, 400).Select(seed => new Draws(seed)).Count(draws =>
            SampleShape.Of(draws.Many(count, d => d.Noisy(0.1))).IsMultimodal || SampleShape.Of(draws.Many(count, d => d.Skewed())).IsMultimodal);

        Assert.True(several <= 0.05 * 400, $"{several} of 400");
    }

    [Fact]
    public void Shape_OfFewRuns_IsNotSaid()
    {
        Assert.Null(SampleShape.Of([1, 1, 1, 9]).Outliers);
        Assert.Null(SampleShape.Of([1, 2, 1, 2, 1]).Modes);
        Assert.False(SampleShape.Of([1, 2, 1, 2, 1]).IsMultimodal);
    }

    private static IEnumerable<double> ModesOf(IReadOnlyList<double> values) => SampleShape.Of(values).Modes!.Select(mode => Math.Round(mode, 1));
}
