using Engine.Simulation;
using Engine.Simulation.Laws;
using Engine.Simulation.Nodes;
using Xunit.Abstractions;

namespace Engine.Tests.Simulation;

/// <summary>Each law fails when a rule that it guards is broken: a law that cannot fail says nothing.</summary>
public sealed class LawTests(ITestOutputHelper output)
{
    private const ulong Seeds = 200;

    public static TheoryData<string, string, string> Broken { get; } = new()
    {
        { nameof(Mutants.WaitsForTheProposedSetOnly), "durable", nameof(WhoeverMayBeElectedHoldsEverythingCommitted) },
        { nameof(Mutants.WaitsForTheProposedSetOnly), "durable", nameof(AcknowledgedRecordsSurvive) },
        { nameof(Mutants.JoinsBeforeTheEpochStarts), "durable", nameof(WhoeverMayBeElectedHoldsEverythingCommitted) },
        { nameof(Mutants.TakesSilenceForRefusal), "rejoining", nameof(WhoeverMayBeElectedHoldsEverythingCommitted) },
        { nameof(Mutants.ForgetsRegistrations), "rejoining", nameof(WhoeverMayBeElectedHoldsEverythingCommitted) },
        { nameof(Mutants.TrustsWhoMayHaveLost), "page-cache", nameof(WhoeverMayBeElectedHoldsEverythingCommitted) },
        { nameof(Mutants.CutsToTheHighWatermark), "durable", nameof(WhoeverMayBeElectedHoldsEverythingCommitted) },
        { nameof(Mutants.CutsToTheHighWatermark), "durable", nameof(AcknowledgedRecordsSurvive) },
        { nameof(Mutants.AcknowledgesBeforeTheFlush), "durable", nameof(WhoeverMayBeElectedHoldsEverythingCommitted) },
        { nameof(Mutants.AcknowledgesBeforeTheFlush), "durable", nameof(AcknowledgedRecordsSurvive) },
        { nameof(Mutants.ElectsOutsideTheInSyncSet), "durable", nameof(AcknowledgedRecordsSurvive) },
        { nameof(Mutants.ElectsOutsideTheInSyncSet), "durable", nameof(HighWatermarkNeverMovesBack) },
        { nameof(Mutants.AcknowledgesBeforeTheFlush), "flushed-acks", nameof(AcknowledgedRecordsSurvive) },
        { nameof(Mutants.CommitsBelowMinInSync), "durable", nameof(CommittedRecordsAreOnEnoughReplicas) },
        { nameof(Mutants.LooksAtNoEpochOfFetches), "durable", nameof(SameBytesAtSameOffset) },
        { nameof(Mutants.TakesOverInSilence), "durable", nameof(OneLeaderPerEpoch) },
        { nameof(Mutants.ServesTheWholeLog), "durable", nameof(ConsumersSeeOnlyCommitted) },
        { nameof(Mutants.FollowersForgetProducers), "durable", nameof(IdempotentRecordsAppearOnce) },
        { nameof(Mutants.WritesTheEpochOfItsFirstReign), "page-cache", nameof(EpochsOnlyRise) },
        { nameof(Mutants.AppendsLateAnswers), "durable", nameof(WhoeverMayBeElectedHoldsEverythingCommitted) },
        { nameof(Mutants.WaitsForTheProposedSetOnly), "durable", nameof(LeadersCountWhoeverMayBeElected) },
        { nameof(Mutants.TakesSilenceForRefusal), "rejoining", nameof(LeadersCountWhoeverMayBeElected) },
        { nameof(Mutants.ElectsOutsideTheInSyncSet), "durable", nameof(LeadersHoldEverythingCommitted) },
        { nameof(Mutants.ElectsOutsideTheInSyncSet), "durable", nameof(CommittedRecordsAreStillSomewhere) },
        { nameof(Mutants.AcknowledgesBeforeTheFlush), "durable", nameof(CommittedRecordsAreStillSomewhere) },
        { nameof(Mutants.LooksAtNoEpochOfFetches), "durable", nameof(LogsThatAgreeAtAnOffsetAgreeBeforeIt) },
        { nameof(Mutants.VouchesForWhatItDeleted), "trimmed", nameof(LogsThatAgreeAtAnOffsetAgreeBeforeIt) },
        { nameof(Mutants.AcknowledgesForOthers), "durable", nameof(AcknowledgedRecordsSurvive) },
        { nameof(Mutants.AcknowledgesForOthers), "quorum", nameof(AcknowledgedRecordsAreWhereTheirRuleSays) },
        { nameof(Mutants.AcknowledgesForOthers), "flushed-acks", nameof(AcknowledgedRecordsAreWhereTheirRuleSays) },
        { nameof(Mutants.AcknowledgesBeforeTheFlush), "flushed-acks", nameof(AcknowledgedRecordsAreWhereTheirRuleSays) },
        { nameof(Mutants.CutsToTheHighWatermark), "quorum", nameof(QuorumAcksSurviveLeadersOfTheirMajority) },
        { nameof(Mutants.AcknowledgesBeforeTheFlush), "quorum", nameof(QuorumAcksSurviveLeadersOfTheirMajority) },
        { nameof(Mutants.AcknowledgesWithoutASession), "store-fails", nameof(NobodyTakenForDeadAcknowledges) },
        { nameof(Mutants.DeletesWhatIsNotCommitted), "trimmed", nameof(OnlyCommittedRecordsAreDeleted) },
        { nameof(Mutants.StartsOverAtTheEnd), "trimmed", nameof(OnlyCommittedRecordsAreDeleted) },
        { nameof(Mutants.AppendsLateAnswers), "push", nameof(WhoeverMayBeElectedHoldsEverythingCommitted) },
        { nameof(Mutants.AcknowledgesBeforeTheFlush), "push", nameof(AcknowledgedRecordsSurvive) },
        { nameof(Mutants.JoinsBeforeTheEpochStarts), "push", nameof(WhoeverMayBeElectedHoldsEverythingCommitted) },
        { nameof(Mutants.NobodyJoins), "durable", nameof(AfterHealingReplicasAgree) },
        { nameof(Mutants.NobodyJoins), "durable", nameof(AfterHealingProducersGoOn) },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Law_WhenARuleItGuardsIsBroken_FailsWithin200Seeds(string mutant, string scenario, string law)
    {
        var rules = (Rules)Activator.CreateInstance(typeof(Mutants).GetNestedType(mutant, System.Reflection.BindingFlags.NonPublic)!)!;
        var found = Enumerable.Range(0, (int)Seeds)
            .Select(seed => new Schedule((ulong)seed, Scenario.Find(scenario)!, rules, [LawsOf(scenario).Single(one => one.Name == law)]).Run())
            .FirstOrDefault(outcome => outcome.Law == law);

        Assert.NotNull(found);
        output.WriteLine($"seed {found.Seed}, step {found.Step}: {found.Why}");
    }

    [Fact]
    public void Laws_EachOfThem_IsShownToFail() =>
        Assert.Equal(
            Scenario.All.SelectMany(scenario => scenario.Laws()).Select(law => law.Name).Distinct().Order(),
            Broken.Select(row => (string)row[2]).Distinct().Order());

    private static Law[] LawsOf(string scenario) => Scenario.Find(scenario)!.Laws();
}
