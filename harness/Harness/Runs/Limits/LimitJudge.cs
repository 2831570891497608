using System.Globalization;
using Harness.Results;

namespace Harness.Runs.Limits;

/// <summary>Names what ended a run's rate, from what was sampled while it was measured. Pure: figures in, words out.</summary>
/// <remarks>
/// Brendan Gregg's USE method (Systems Performance, 2nd ed., 2.5.9) without its errors, which make a run unsound by themselves: of every
/// resource, how much of it was used and whether somebody waited for it. First comes whatever makes a run say nothing of the system (the
/// generator, the hypervisor, others on the machine), then what can be pinned to a process, then what all share.
/// </remarks>
internal static class LimitJudge
{
    /// <summary>All that was offered was taken, within the target where there is one.</summary>
    public const string None = "none";

    /// <summary>Nothing was used up: whoever sent or read waited for answers, as many as it may have open.</summary>
    public const string Answers = "waiting for answers";

    public const string Target = "latency target";
    public const string Generator = "generator";
    public const string Disk = "disk";
    public const string Network = "network";
    public const string Hypervisor = "hypervisor";
    public const string Others = "another process";

    /// <summary>A share of a resource from which on it counts as used up.</summary>
    private const double UsedUp = 0.9;

    /// <summary>A share of the offered rate from which on it counts as held.</summary>
    private const double HeldShare = 0.99;

    /// <summary>A share of the machine's cores from which on those who do not belong to the run disturb it.</summary>
    private const double Disturbing = 0.1;

    /// <summary>Cores that watching and putting faults in may take before it is felt in what is measured.</summary>
    private const double HarnessCoresMax = 0.03;

    public static Limit Judge(LimitFacts facts)
    {
        var usedUp = UsedUpOf(facts).ToList();
        var isHeld = facts.OfferedPerSecond is { } offered && facts.AchievedPerSecond >= HeldShare * offered;
        var limit = isHeld && facts is { Target: { } target, TargetMs: { } latency } && latency > target.LimitMs
                ? new Limit(Target, Missed(facts, target, latency, usedUp))
            : isHeld ? new Limit(None, Text($"all of {facts.OfferedPerSecond:N0} records/s was taken; {Uses(facts)}"))
            : usedUp.Count == 0 ? new Limit(Answers, $"nothing was used up: {Uses(facts)}")
            : new Limit(usedUp[0].Name, string.Join("; also ", usedUp.Skip(1).Select(used => $"{used.Name}: {used.Evidence}").Prepend(usedUp[0].Evidence)));
        return limit with { Warning = string.Join("; ", Warnings(facts, limit)) };
    }

    private static IEnumerable<(string Name, string Evidence)> UsedUpOf(LimitFacts facts)
    {
        var load = facts.Roles.FirstOrDefault(role => IsLoad(role.Role));
        if (facts.GeneratorSigns.Count > 0) yield return (Generator, string.Join(", ", facts.GeneratorSigns));
        else if (load is { BusiestCores: >= UsedUp }) yield return (Generator, BusyThread(load));

        var isMachineFull = facts.BusyCores + facts.StealCores >= UsedUp * facts.Cores;
        if (isMachineFull && facts.StealCores >= Disturbing * facts.Cores)
            yield return (Hypervisor, Text($"it took {facts.StealCores:0.00} of {facts.Cores} cores, and the rest were busy"));
        if (isMachineFull && facts.OtherCores >= Disturbing * facts.Cores)
            yield return (Others, Text($"what is no part of the run used {facts.OtherCores:0.00} of {facts.Cores} cores, and the rest were busy"));

        foreach (var broker in facts.Roles.Where(role => !IsLoad(role.Role) && role.BusiestCores >= UsedUp))
            yield return (CpuOf(broker.Role), BusyThread(broker));
        foreach (var broker in facts.Roles.Where(role => role.QuotaShare >= UsedUp))
            yield return (CpuOf(broker.Role), Text($"a node had {broker.QuotaShare * 100:0} % of the CPU time that it was allowed"));
        if (isMachineFull)
            yield return (Biggest(facts), Text($"{facts.BusyCores + facts.StealCores:0.00} of {facts.Cores} cores were busy: {RolesInWords(facts)}"));

        if (facts.DiskBusyShare >= UsedUp) yield return (Disk, Text($"busy {facts.DiskBusyShare * 100:0} % of the time, at {facts.DiskBytesPerSecond / 1e6:N0} MB/s"));
        else if (facts.DirtyShare >= UsedUp)
            yield return (Disk, Text($"unwritten pages came to {facts.DirtyShare * 100:0} % of what may pile up before writers wait, at {facts.DiskBytesPerSecond / 1e6:N0} MB/s"));

        if (facts is { LoopbackBytesPerSecond: { } bytes, LoopbackLimit: { } limit } && bytes >= UsedUp * limit)
            yield return (Network, Text($"{bytes / 1e6:N0} MB/s over the loopback, which carried {limit / 1e6:N0} MB/s when calibrated"));
    }

    private static IEnumerable<string> Warnings(LimitFacts facts, Limit limit)
    {
        if (limit.Name == Generator) yield return $"the generator was the limit, so the rate says nothing of what it drove: {limit.Evidence}";
        else if (facts.GeneratorSigns.Count > 0) yield return $"the generator may be in the latencies: {string.Join(", ", facts.GeneratorSigns)}";

        if (facts.OtherCores >= Disturbing * facts.Cores) yield return $"other processes used the machine meanwhile: {OthersInWords(facts)}";
        if (facts.HarnessCores > HarnessCoresMax)
            yield return Text($"the harness itself used {facts.HarnessCores * 100:0.0} % of a core meanwhile, where {HarnessCoresMax * 100:0} % go unnoticed");
    }

    private static string Missed(LimitFacts facts, LatencyTarget target, double latency, List<(string Name, string Evidence)> usedUp) =>
        Text($"{target.Metric} was {Figure.Text(latency, "ms")} where {target} is wanted; ")
        + (usedUp.Count > 0 ? "used up: " + string.Join("; ", usedUp.Select(used => $"{used.Name} ({used.Evidence})")) : Uses(facts));

    /// <summary>Whose CPU it is that ran out on a machine that all share: the brokers' or the load's, whichever is more.</summary>
    private static string Biggest(LimitFacts facts)
    {
        var roles = facts.Sharing ?? facts.Roles;
        var brokers = roles.Where(role => !IsLoad(role.Role)).ToList();
        var load = roles.Where(role => IsLoad(role.Role)).Sum(role => role.Cores);
        return brokers.Count == 0 || load > brokers.Sum(role => role.Cores) ? Generator : CpuOf(brokers.MaxBy(role => role.Cores)!.Role);
    }

    public static bool IsLoad(string role) => role is ProcessRole.Generator or ProcessRole.Consumers;

    private static string CpuOf(string role) => $"{role} CPU";

    private static string BusyThread(RoleLoad role) => Text($"the thread '{role.BusiestThread}' of the {role.Role} kept {role.BusiestCores * 100:0} % of a core busy");

    private static string RolesInWords(LimitFacts facts) => string.Join(", ", facts.Roles.Select(role => Text($"{role.Role} {role.Cores:0.00}")));

    private static string OthersInWords(LimitFacts facts) =>
        Text($"{facts.OtherCores:0.00} of {facts.Cores} cores (")
        + string.Join(", ", facts.Others.Take(3).Select(other => Text($"{other.Name}, pid {other.Pid}: {other.CpuTime.TotalSeconds / facts.Seconds:0.00}"))) + ")";

    /// <summary>How much was used of everything, for a run that used up nothing.</summary>
    private static string Uses(LimitFacts facts)
    {
        var uses = new List<string> { Text($"{facts.BusyCores + facts.StealCores:0.00} of {facts.Cores} cores busy ({RolesInWords(facts)})") };
        if (facts.Roles.Where(role => role.BusiestThread is not null).MaxBy(role => role.BusiestCores) is { } busiest)
            uses.Add(Text($"busiest thread '{busiest.BusiestThread}' of the {busiest.Role} at {busiest.BusiestCores * 100:0} %"));
        uses.Add(Text($"disk busy {facts.DiskBusyShare * 100:0} %"));
        return string.Join(", ", uses);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
