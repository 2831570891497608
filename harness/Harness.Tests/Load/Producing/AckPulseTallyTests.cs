using Harness.Load;
using Harness.Load.Producing;
using Harness.Load.Running;

namespace Harness.Tests.Load.Producing;

public sealed class AckPulseTallyTests
{
    [Fact]
    public void Add_ForWhomNoEndIsGiven_KeepsTheFirstMinutesFineAndLosesNothing()
    {
        var tally = new AckPulseTally(new Schedule(0, 0, long.MaxValue / 2, long.MaxValue / 2));
        tally.Add(5 * Clock.Millisecond, 1, 7);
        tally.Add(25 * Clock.Millisecond, 2, 9);
        tally.Add(long.MaxValue / 4, 3, 0);

        var pulse = AckPulseTally.Merge([tally])!;

        Assert.Equal(10 * Clock.Millisecond, pulse.IntervalNanoseconds);
        Assert.Equal([1, 0, 2, 0], pulse.Records.Take(4));
        Assert.Equal(6, pulse.Records.Sum());
    }
}
