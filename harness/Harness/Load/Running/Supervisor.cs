namespace Harness.Load.Running;

/// <summary>Watches a load's threads: tells when phases begin and end, and once a second how it goes.</summary>
/// <remarks>All lines are printed by the thread that watches, so that they never mix.</remarks>
internal sealed class Supervisor(Schedule schedule, Timeline timeline, Action<LoadLine> print)
{
    private const long LongestNap = 50 * Clock.Millisecond;
    private const long SecondIsTold = 300 * Clock.Millisecond; // after its end: threads hand their figures on with some delay

    private readonly List<LoadPhase> _phases = [];
    private WorkerSample? _atStart;
    private WorkerSample? _atEnd;
    private int _secondsTold;

    /// <summary>The present phase; null between them.</summary>
    public string? Phase { get; private set; }

    public IReadOnlyList<LoadPhase> Phases => _phases;

    public WorkerUsage Usage => (_atStart, _atEnd) is ({ } start, { } end) ? end.Since(start) : WorkerSample.Take().Since(WorkerSample.Take());

    /// <summary>The load ran to the end of its measured time, and nobody looked on meanwhile: this thread was given no time in all of it.</summary>
    public bool MissedMeasure { get; private set; }

    /// <summary>Watches until all threads have ended.</summary>
    /// <param name="threads">The threads.</param>
    /// <param name="afterMeasure">The phase that follows the measured time; null when this is past and phases stay as they are.</param>
    public void Watch(IReadOnlyList<Thread> threads, string? afterMeasure)
    {
        while (threads.Any(thread => thread.IsAlive))
        {
            var now = Clock.Now;
            if (afterMeasure is not null) Advance(now, afterMeasure);
            Tell(now);

            var next = NextEdge(now);
            Thread.Sleep(Clock.Span(Math.Clamp(next - now, 0, LongestNap) + Clock.Millisecond / 10));
        }

        MissedMeasure = afterMeasure is not null && _atStart is null && Clock.Now >= schedule.MeasureEnd;
    }

    /// <summary>Ends the present phase and begins the next; null for none.</summary>
    public void Enter(string? phase, long now)
    {
        var utc = DateTimeOffset.UtcNow;
        if (Phase is not null)
        {
            if (Phase == "measure") _atEnd = WorkerSample.Take();
            _phases[^1] = _phases[^1] with { EndNanoseconds = now };
            print(new PhaseLine(Phase, PhaseEdge.End, utc, now));
        }

        Phase = phase;
        if (phase is null) return;

        if (phase == "measure") _atStart = WorkerSample.Take();
        _phases.Add(new(phase, utc, now, now));
        print(new PhaseLine(phase, PhaseEdge.Start, utc, now));
    }

    private void Advance(long now, string afterMeasure)
    {
        if (now >= schedule.Start && Phase is null && schedule.MeasureStart > schedule.Start) Enter("warmup", now);
        if (now >= schedule.MeasureStart && _atStart is null) Enter("measure", now);
        if (now >= schedule.MeasureEnd && _atEnd is null) Enter(afterMeasure, now);
    }

    private long NextEdge(long now)
    {
        if (now < schedule.Start) return schedule.Start;
        return now < schedule.MeasureStart ? schedule.MeasureStart : now < schedule.MeasureEnd ? schedule.MeasureEnd : long.MaxValue;
    }

    private void Tell(long now)
    {
        for (; timeline.SecondOf(now - SecondIsTold) > _secondsTold; _secondsTold++) print(new SecondLine(timeline.Close(_secondsTold)));
    }
}

/// <summary>What this process had used at one moment.</summary>
internal sealed record WorkerSample(long At, TimeSpan User, TimeSpan System, long AllocatedBytes, int Collections)
{
    public static WorkerSample Take()
    {
        var cpu = Environment.CpuUsage;
        return new(Clock.Now, cpu.UserTime, cpu.PrivilegedTime, GC.GetTotalAllocatedBytes(), GC.CollectionCount(0));
    }

    public WorkerUsage Since(WorkerSample start) => new()
    {
        UserSeconds = (User - start.User).TotalSeconds,
        SystemSeconds = (System - start.System).TotalSeconds,
        Cores = At > start.At ? (User + System - start.User - start.System).TotalSeconds * Clock.Second / (At - start.At) : 0,
        AllocatedBytes = AllocatedBytes - start.AllocatedBytes,
        Collections = Collections - start.Collections,
    };
}
