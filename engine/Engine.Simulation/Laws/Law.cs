namespace Engine.Simulation.Laws;

/// <summary>Something that must hold after every event of every schedule; its name says what.</summary>
internal abstract class Law
{
    public string Name => GetType().Name;

    /// <summary>Those that hold wherever nothing that is committed may be lost: new ones for one schedule, as they remember what they have seen.</summary>
    public static Law[] All() =>
    [
        new HighWatermarkNeverMovesBack(),
        new WhoeverMayBeElectedHoldsEverythingCommitted(),
        new OneLeaderPerEpoch(),
        new SameBytesAtSameOffset(),
        new AcknowledgedRecordsSurvive(),
        new CommittedRecordsAreOnEnoughReplicas(),
        new ConsumersSeeOnlyCommitted(),
        new IdempotentRecordsAppearOnce(),
        new EpochsOnlyRise(),
        new LeadersHoldEverythingCommitted(),
        new LeadersCountWhoeverMayBeElected(),
        new LogsThatAgreeAtAnOffsetAgreeBeforeIt(),
        new CommittedRecordsAreStillSomewhere(),
        new AcknowledgedRecordsAreWhereTheirRuleSays(),
        new NobodyTakenForDeadAcknowledges(),
        new OnlyCommittedRecordsAreDeleted(),
        new AfterHealingProducersGoOn(),
        new AfterHealingReplicasAgree(),
    ];

    /// <summary>What contradicts it, or null.</summary>
    public abstract string? Broken(Schedule schedule);
}
