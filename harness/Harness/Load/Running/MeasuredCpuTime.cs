using Harness.Load.Wire;

namespace Harness.Load.Running;

/// <summary>How much CPU time the calling thread uses within the measured time.</summary>
internal sealed class MeasuredCpuTime(Schedule schedule)
{
    private long? _atStart;
    private long? _atEnd;

    /// <summary>Looks at the clock; to be called often, it asks the kernel but twice.</summary>
    public void At(long now)
    {
        if (_atStart is null && now >= schedule.MeasureStart) _atStart = Syscalls.ThreadCpuNanoseconds();
        if (_atEnd is null && now >= schedule.MeasureEnd) _atEnd = Syscalls.ThreadCpuNanoseconds();
    }

    /// <summary>The nanoseconds, when the thread leaves.</summary>
    public long End() => _atStart is { } start ? (_atEnd ?? Syscalls.ThreadCpuNanoseconds()) - start : 0;
}
