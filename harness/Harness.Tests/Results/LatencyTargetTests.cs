using Harness.Results;

namespace Harness.Tests.Results;

public sealed class LatencyTargetTests
{
    [Theory]
    [InlineData("p99 <= 10ms", "p99", 10)]
    [InlineData(" p99.9<0.5 ms ", "p99.9", 0.5)]
    [InlineData("end-to-end-p99 <= 1s", "end-to-end-p99", 1000)]
    public void Parse_MetricAndLimit_AreTaken(string text, string metric, double limitMs) =>
        Assert.Equal(new LatencyTarget(metric, limitMs), LatencyTarget.Parse(text));

    [Theory]
    [InlineData("p99", "write a latency")]
    [InlineData("p99 <= 10", "write a latency")]
    [InlineData("p99 <= 0ms", "write a latency")]
    [InlineData("p99 >= 10ms", "write a latency")]
    [InlineData("held <= 10ms", "choose p50, p90, p99, p99.9, max")]
    public void Parse_SomethingElse_SaysWhatATargetIs(string text, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => LatencyTarget.Parse(text)).Message);

    [Fact]
    public void ToString_IsWhatParseTakes() => Assert.Equal("p99.9 <= 2500us", LatencyTarget.Parse(LatencyTarget.Parse("p99.9<2.5ms").ToString()).ToString());

    [Fact]
    public void IsMetBy_ALatencyAboveOrBelow_SaysSo()
    {
        var (target, run) = (LatencyTarget.Parse("p99 <= 10ms"), Run.Of("c01", 1));

        Assert.Null(target.IsMetBy(run));
        Assert.True(target.IsMetBy(run with { P99Ms = 10 }));
        Assert.False(target.IsMetBy(run with { P99Ms = 10.1 }));
    }
}
