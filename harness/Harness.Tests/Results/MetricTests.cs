using Harness.Results;

namespace Harness.Tests.Results;

public sealed class MetricTests
{
    private static readonly RunRow Busy = Run.Of("c01", 1) with
    {
        AchievedPerSecond = 500_000,
        BrokerCallsPerSecond = 1_000_000,
        Processes =
        [
            new ProcessUse { Role = ProcessRole.Leader, CpuSeconds = 5, Cores = 0.5 },
            new ProcessUse { Role = ProcessRole.Followers, CpuSeconds = 2.5, Cores = 0.25 },
            new ProcessUse { Role = ProcessRole.Generator, CpuSeconds = 5, Cores = 0.5 },
        ],
    };

    [Fact]
    public void CallsPerRecord_AreTheBrokersCallsByTheRate() => Assert.Equal(2, Metric.CallsPerRecord.Of(Busy));

    [Fact]
    public void CpuPerRecord_IsOfTheBrokersOnly_InMicroseconds() => Assert.Equal(1.5, Metric.CpuPerRecord.Of(Busy));

    [Fact]
    public void PerCore_CountsTheGeneratorsCoresToo() => Assert.Equal(400_000, Metric.PerCore.Of(Busy));

    [Fact]
    public void OfWhatWasNotMeasured_ThereIsNoFigure()
    {
        Assert.Null(Metric.CallsPerRecord.Of(Busy with { BrokerCallsPerSecond = null }));
        Assert.Null(Metric.CpuPerRecord.Of(Busy with { Processes = [] }));
        Assert.Null(Metric.CpuPerRecord.Of(Busy with { AchievedPerSecond = 0 }));
        Assert.Null(Metric.PerCore.Of(Busy with { Processes = [] }));
        Assert.Null(Metric.OpenFiles.Of(Busy));
    }
}
