using Harness.Systems.Kafka;

namespace Harness.Tests.Systems.Kafka;

/// <summary>Lines as the tools of Kafka 4.3.1 print them.</summary>
public sealed class PerfOutputTests
{
    private const string Window = "5003 records sent, 1000.2 records/sec (0.10 MB/sec), 1.3 ms avg latency, 586.0 ms max latency.";

    private const string Whole =
        "4000 records sent, 794.754620 records/sec (0.08 MB/sec), 524.28 ms avg latency, 4984.00 ms max latency, 464 ms 50th, 750 ms 95th, 813 ms 99th, 815 ms 99.9th.";

    private const string Steady =
        "3000 steady state records sent, 4761.904762 records/sec (0.45 MB/sec), 468.54 ms avg latency, 589.00 ms max latency, 451 ms 50th, 563 ms 95th, 565 ms 99th, 588 ms 99.9th.";

    [Fact]
    public void Window_LineOfProgress_HasRecordsAndTheLongestLatency() => Assert.Equal(new PerfWindow(5003, 586), PerfWindow.Parse(Window));

    [Fact]
    public void Total_OfTheWholeRun_HasRateAndLatencies() =>
        Assert.Equal(new PerfTotal(false, 4000, 794.75462, new PerfLatency(524.28, 4984, 464, 750, 813, 815)), PerfTotal.Parse(Whole));

    [Fact]
    public void Total_AfterTheWarmup_SaysSo() =>
        Assert.Equal(new PerfTotal(true, 3000, 4761.904762, new PerfLatency(468.54, 589, 451, 563, 565, 588)), PerfTotal.Parse(Steady));

    [Theory]
    [InlineData(Whole)]
    [InlineData(Steady)]
    [InlineData("In steady state.")]
    [InlineData("Warmup first 1000 records. Steady state results will print after the complete test summary.")]
    [InlineData("org.apache.kafka.common.errors.TimeoutException: Expiring 3 record(s) for load-0:120004 ms has passed since batch creation")]
    public void Window_AnythingElse_IsNone(string line) => Assert.Null(PerfWindow.Parse(line));

    [Fact]
    public void Total_LineOfProgress_IsNone() => Assert.Null(PerfTotal.Parse(Window));

    [Fact]
    public void Read_LastLine_HasRecordsAndTheRateOfFetching() => Assert.Equal(
        new PerfRead(50_000, 138_121.5470),
        PerfRead.Parse("2026-03-01 10:00:00:123, 2026-03-01 10:00:03:897, 4.7684, 1.2635, 50000, 13248.5427, 3412, 362, 13.1724, 138121.5470"));

    [Theory]
    [InlineData("start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec")]
    [InlineData("WARNING: Exiting before consuming the expected number of records: timeout (10000 ms) exceeded. You can use the --timeout option to increase the timeout.")]
    public void Read_AnythingElse_IsNone(string line) => Assert.Null(PerfRead.Parse(line));
}
