using Harness.Measures;
using Harness.Results;

namespace Harness.Runs.Limits;

/// <summary>Gathers what a run's limit is judged by from its samples.</summary>
/// <param name="Begin">The sample at the start of the measured time.</param>
/// <param name="End">The sample at its end.</param>
/// <param name="Others">What other processes used in between.</param>
internal sealed record SampledLimit(Sample Begin, Sample End, IReadOnlyList<OtherProcess> Others)
{
    /// <summary>The facts of a run that is measured otherwise by now.</summary>
    /// <param name="row">Its rates, uses and latencies.</param>
    /// <param name="roleOf">The role of a process by its name; null for one that has none.</param>
    public LimitFacts Facts(RunRow row, Func<string, string?> roleOf)
    {
        var machine = End.Machine.Since(Begin.Machine);
        var seconds = End.Since(Begin).TotalSeconds;
        return new LimitFacts
        {
            Seconds = seconds,
            Cores = Environment.ProcessorCount,
            OfferedPerSecond = row.OfferedPerSecond,
            AchievedPerSecond = row.AchievedPerSecond,
            Roles = [.. row.Processes.Select(use => WithThread(use, roleOf, seconds))],
            BusyCores = machine.BusyTime.TotalSeconds / seconds,
            StealCores = machine.StealTime.TotalSeconds / seconds,
            Others = Others,
            HarnessCores = (End.HarnessCpu - Begin.HarnessCpu).TotalSeconds / seconds,
            DiskBusyShare = machine.DiskBusyTime.TotalSeconds / seconds,
            DiskBytesPerSecond = (machine.DiskReadBytes + machine.DiskWriteBytes) / seconds,
            DirtyShare = DirtyLimit.Read() is { } limit ? row.DirtyMaxBytes / (double)limit : null,
        };
    }

    private RoleLoad WithThread(ProcessUse use, Func<string, string?> roleOf, double seconds)
    {
        var busiest = End.Processes.Where(process => roleOf(process.Key) == use.Role)
            .Select(process => process.Value.BusiestThreadSince(Begin.Processes.GetValueOrDefault(process.Key))).OfType<ThreadUse>()
            .MaxBy(thread => thread.CpuTime);
        return new RoleLoad(use.Role, use.Cores, busiest?.Name, busiest is null ? 0 : busiest.CpuTime.TotalSeconds / seconds);
    }
}
