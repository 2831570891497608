using Harness.Charts;

namespace Harness.Tests.Charts;

public sealed class TicksTests
{
    [Theory]
    [InlineData(0, 1_180_000, 6, "0 200k 400k 600k 800k 1M 1.2M")]
    [InlineData(0, 0.43, 5, "0 0.1 0.2 0.3 0.4 0.5")]
    [InlineData(0, 1, 5, "0 0.2 0.4 0.6 0.8 1")]
    [InlineData(-5, 20, 5, "-5 0 5 10 15 20")]
    [InlineData(0, 1900, 5, "0 500 1,000 1,500 2,000")]
    public void Linear_Range_IsCoveredByRoundSteps(double min, double max, int count, string labels) =>
        Assert.Equal(labels, string.Join(' ', Ticks.Linear(min, max, count).Select(tick => tick.Label)));

    [Theory]
    [InlineData(1.9, 393, "1 2 5 10 20 50 100 200 500")]
    [InlineData(0.13, 0.13, "0.1 0.2")]
    [InlineData(1, 10, "1 2 5 10")]
    [InlineData(0.6, 1800, "1 10 100 1,000")]
    public void Log_Range_IsMarkedAtOneTwoFive(double min, double max, string labels) =>
        Assert.Equal(labels, string.Join(' ', Ticks.Log(min, max).Select(tick => tick.Label).Where(label => label != "")));

    [Fact]
    public void Log_Ends_HoldTheData()
    {
        var ticks = Ticks.Log(0.6, 1800);

        Assert.Equal((0.5, 2000), (Math.Round(ticks[0].At, 9), Math.Round(ticks[^1].At, 6)));
    }

    [Theory]
    [InlineData(0.42, "0 % 50 % 90 %")]
    [InlineData(0.995, "0 % 50 % 90 % 99 % 99.9 %")]
    [InlineData(0.9999, "0 % 50 % 90 % 99 % 99.9 % 99.99 %")]
    public void Percentile_Range_EndsAtTheNextNine(double max, string labels) =>
        Assert.Equal(labels, string.Join(' ', Ticks.Percentile(max).Select(tick => tick.Label)));
}
