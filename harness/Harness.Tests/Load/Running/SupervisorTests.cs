using Harness.Load;
using Harness.Load.Running;

namespace Harness.Tests.Load.Running;

public class SupervisorTests
{
    [Fact]
    public void Watch_WokeAfterTheMeasuredTime_SaysThatItMissedIt()
    {
        var now = Clock.Now;
        var supervisor = Watching(new Schedule(now - 3 * Clock.Second, now - 2 * Clock.Second, now - Clock.Second, now));

        supervisor.Watch([], afterMeasure: "drain");

        Assert.True(supervisor.MissedMeasure);
    }

    [Fact]
    public void Watch_LoadEndedBeforeItsTime_MissedNothing()
    {
        var now = Clock.Now;
        var supervisor = Watching(new Schedule(now, now + 1000 * Clock.Second, now + 2000 * Clock.Second, now + 3000 * Clock.Second));

        supervisor.Watch([], afterMeasure: "drain");

        Assert.False(supervisor.MissedMeasure);
    }

    [Fact]
    public void Watch_SawTheMeasuredTime_MissedNothing()
    {
        var now = Clock.Now;
        var supervisor = Watching(new Schedule(now, now, now + Clock.Millisecond, now + Clock.Second));
        using var seen = new ManualResetEventSlim();
        var load = new Thread(seen.Wait);
        load.Start();
        _told = line => { if (line is PhaseLine { Phase: "measure", Edge: PhaseEdge.End }) seen.Set(); };

        supervisor.Watch([load], afterMeasure: "drain");

        Assert.False(supervisor.MissedMeasure);
    }

    private Action<LoadLine> _told = _ => { };

    private Supervisor Watching(Schedule schedule) => new(schedule, new Timeline(schedule, 0), line => _told(line));
}
