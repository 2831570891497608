using Harness.Measures;
using Harness.Results;

namespace Harness.Runs.Limits;

/// <summary>What the processes of one role used while a run was measured.</summary>
/// <param name="Role">A name from <see cref="ProcessRole"/>.</param>
/// <param name="Cores">CPU seconds per second, all of them together.</param>
/// <param name="BusiestThread">The thread that had the most CPU time of any of them; null where threads were not seen.</param>
/// <param name="BusiestCores">Its CPU seconds per second, 1 at the most.</param>
/// <param name="QuotaShare">Of the CPU time that each of them was allowed, what the one had that used most; null where it was not bounded.</param>
internal sealed record RoleLoad(string Role, double Cores, string? BusiestThread = null, double BusiestCores = 0, double? QuotaShare = null);

/// <summary>What a run used of all that it could have run out of: everything its limit is judged by.</summary>
internal sealed record LimitFacts
{
    /// <summary>The measured time.</summary>
    public required double Seconds { get; init; }

    /// <summary>Processors of the machine; of the one that was used most, where nodes were on several.</summary>
    public required int Cores { get; init; }

    /// <summary>Records per second asked for; null where as much was asked for as was answered.</summary>
    public double? OfferedPerSecond { get; init; }

    public required double AchievedPerSecond { get; init; }

    public LatencyTarget? Target { get; init; }

    /// <summary>The latency that <see cref="Target"/> is about, in milliseconds; null where none was recorded.</summary>
    public double? TargetMs { get; init; }

    public required IReadOnlyList<RoleLoad> Roles { get; init; }

    /// <summary>The roles that share that machine; null: all of them.</summary>
    public IReadOnlyList<RoleLoad>? Sharing { get; init; }

    /// <summary>CPU seconds per second that anything ran on the machine.</summary>
    public required double BusyCores { get; init; }

    /// <summary>CPU seconds per second that the hypervisor took.</summary>
    public double StealCores { get; init; }

    /// <summary>What processes used that do not belong to the run, the busiest first.</summary>
    public IReadOnlyList<OtherProcess> Others { get; init; } = [];

    /// <summary>What the harness itself used beside the load, in cores.</summary>
    public double HarnessCores { get; init; }

    /// <summary>The share of the time in which the data's device, the busiest of them, had a request under way.</summary>
    public double DiskBusyShare { get; init; }

    public double DiskBytesPerSecond { get; init; }

    /// <summary>The most dirty pages there were, as a share of what there may be before writers have to wait; null where that is not known.</summary>
    public double? DirtyShare { get; init; }

    /// <summary>Bytes per second over the loopback; null where the nodes were not on it.</summary>
    public double? LoopbackBytesPerSecond { get; init; }

    /// <summary>What the loopback can carry, as calibrated beside the campaign; null where it was not.</summary>
    public double? LoopbackLimit { get; init; }

    /// <summary>What the generator noticed of itself: batches it sent late by its own fault, threads that were always busy.</summary>
    public IReadOnlyList<string> GeneratorSigns { get; init; } = [];

    /// <summary>What all other processes used, in cores.</summary>
    public double OtherCores => Others.Sum(other => other.CpuTime.TotalSeconds) / Seconds;
}

/// <summary>What a run was limited by.</summary>
/// <param name="Name">One of <see cref="LimitJudge"/>'s names.</param>
/// <param name="Evidence">The figures that say so.</param>
/// <param name="Warning">Why the run says less of the system than it seems to; empty when nothing does.</param>
internal sealed record Limit(string Name, string Evidence, string Warning = "");
