using Harness.Measures;
using Harness.Results;

namespace Harness.Runs.Limits;

/// <summary>Gathers what a run's limit is judged by from its samples.</summary>
/// <param name="Begin">The sample at the start of the measured time.</param>
/// <param name="End">The sample at its end.</param>
/// <param name="Others">What other processes used in between.</param>
/// <param name="NodeQuota">The cores that each node was allowed; null where it was not bounded.</param>
internal sealed record SampledLimit(Sample Begin, Sample End, IReadOnlyList<OtherProcess> Others, double? NodeQuota = null)
{
    /// <summary>The facts of a run that is measured otherwise by now.</summary>
    /// <param name="row">Its rates, uses and latencies.</param>
    /// <param name="roleOf">The role of a process by its name; null for one that has none.</param>
    public LimitFacts Facts(RunRow row, Func<string, string?> roleOf)
    {
        var machines = End.MachinesSince(Begin);
        var seconds = End.Since(Begin).TotalSeconds;
        List<RoleLoad> roles = [.. row.Processes.Select(use => WithThread(use, roleOf, seconds))];
        // One machine at its end ends the rate of all.
        var fullest = machines.MaxBy(machine => (machine.BusyTime + machine.StealTime) / machine.TotalTime);
        var isHere = machines.Count == 1 || fullest == machines[0];
        var disk = machines.MaxBy(machine => machine.DiskBusyTime);
        return new LimitFacts
        {
            Seconds = seconds,
            Cores = isHere ? Environment.ProcessorCount : (int)Math.Round(fullest.TotalTime.TotalSeconds / seconds),
            OfferedPerSecond = row.OfferedPerSecond,
            AchievedPerSecond = row.AchievedPerSecond,
            Roles = roles,
            Sharing = machines.Count == 1 ? null : [.. roles.Where(role => LimitJudge.IsLoad(role.Role) == isHere)],
            BusyCores = fullest.BusyTime.TotalSeconds / seconds,
            StealCores = fullest.StealTime.TotalSeconds / seconds,
            Others = isHere ? Others : [],
            HarnessCores = (End.HarnessCpu - Begin.HarnessCpu).TotalSeconds / seconds,
            DiskBusyShare = disk.DiskBusyTime.TotalSeconds / seconds,
            DiskBytesPerSecond = (disk.DiskReadBytes + disk.DiskWriteBytes) / seconds,
            // The limit is this machine's.
            DirtyShare = machines.Count == 1 && DirtyLimit.Read() is { } limit ? row.DirtyMaxBytes / (double)limit : null,
        };
    }

    private RoleLoad WithThread(ProcessUse use, Func<string, string?> roleOf, double seconds)
    {
        var processes = End.Processes.Where(process => roleOf(process.Key) == use.Role)
            .Select(process => (End: process.Value, Begin: Begin.Processes.GetValueOrDefault(process.Key))).ToList();
        var busiest = processes.Select(process => process.End.BusiestThreadSince(process.Begin)).OfType<ThreadUse>().MaxBy(thread => thread.CpuTime);
        var most = processes.Select(process => process.End.Since(process.Begin).CpuTime.TotalSeconds / seconds).DefaultIfEmpty().Max();
        return new RoleLoad(
            use.Role, use.Cores, busiest?.Name, busiest is null ? 0 : busiest.CpuTime.TotalSeconds / seconds, LimitJudge.IsLoad(use.Role) ? null : most / NodeQuota);
    }
}
