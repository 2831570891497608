using System.Collections.Immutable;

namespace Engine.Simulation;

/// <summary>What became of a schedule.</summary>
/// <param name="Law">The law that was broken; null: none was.</param>
/// <param name="Why">What contradicts it.</param>
/// <param name="Step">The event after which it was, counted from 1; else how many there were.</param>
/// <param name="VirtualTime">When, in nanoseconds.</param>
/// <param name="Fingerprint">A hash of all that happened.</param>
/// <param name="LastEvents">As text, the last one last.</param>
/// <param name="CommittedBatches">How many batches were committed.</param>
/// <param name="LostLeaderAcks">Batches acknowledged by a leader alone that are not in the log.</param>
/// <param name="FaultsTotal">Faults that came or were spared.</param>
/// <param name="LostQuorumAcks">Batches acknowledged for a majority that a leader from outside it did not have.</param>
internal sealed record Outcome(
    ulong Seed, string Scenario, string? Law, string? Why, int Step, long VirtualTime, ulong Fingerprint, IReadOnlyList<string> LastEvents,
    int CommittedBatches, int LostLeaderAcks, int LostQuorumAcks,
    int FaultsTotal, ImmutableSortedSet<int> Spared)
{
    public bool HoldsAllLaws => Law is null;

    public int FaultsBrought => FaultsTotal - Spared.Count(fault => fault < FaultsTotal);
}
