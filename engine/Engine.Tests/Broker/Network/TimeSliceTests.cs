using Engine.Broker.Network;
using Engine.Core.Strategies;

namespace Engine.Tests.Broker.Network;

public sealed class TimeSliceTests
{
    [Theory]
    [InlineData("epoll", "100us")]
    [InlineData("epoll(slice=2ms)", "2ms")]
    [InlineData("threads(slice=0s)", "0us")]
    public void Of_Allowed_IsToldAsItWasGiven(string network, string slice) =>
        Assert.Contains($"slice={slice}", Transports.Catalog.Create(network).Label);

    [Theory]
    [InlineData("99us")]
    [InlineData("101ms")]
    [InlineData("short")]
    public void Of_OutsideOfWhatTheKernelGives_SaysWhatIsAllowed(string slice)
    {
        var error = Assert.Throws<StrategyException>(() => Transports.Catalog.Create($"epoll(slice={slice})"));

        Assert.Contains("100us to 100ms, or 0s", error.Message);
    }

    [Fact]
    public void Ask_OfAThread_IsGrantedToItAlone()
    {
        var (before, granted) = ("", "");
        var thread = new Thread(() =>
        {
            before = Slice();
            TimeSlice.Ask(TimeSpan.FromMicroseconds(300));
            granted = Slice();
        });
        thread.Start();
        thread.Join();

        // Earlier kernels take the wish and keep their slice, or do not tell of it.
        Assert.Equal(Environment.OSVersion.Version >= new Version(6, 12) ? "300000" : before, granted);
        Assert.Equal(before, Slice());
    }

    // proc_pid_sched: nanoseconds.
    private static string Slice() =>
        File.ReadLines("/proc/thread-self/sched").FirstOrDefault(line => line.StartsWith("se.slice ", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "";
}
