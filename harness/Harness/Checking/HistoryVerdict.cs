namespace Harness.Checking;

/// <summary>What a history shows. Counts are values, or offsets where it says so.</summary>
public sealed record HistoryVerdict
{
    public long Acked { get; init; }

    public long Failed { get; init; }

    public long Indeterminate { get; init; }

    /// <summary>Of the indeterminate, those that somebody read: they were stored.</summary>
    public long IndeterminateRead { get; init; }

    /// <summary>Values read, each time.</summary>
    public long Read { get; init; }

    /// <summary>Acknowledged, and not where the final pass went by.</summary>
    public long Lost { get; init; }

    /// <summary>Acknowledged, and not reached by the final pass: nothing is proved of these.</summary>
    public long Unseen { get; init; }

    /// <summary>At more than one offset for one reader.</summary>
    public long Duplicated { get; init; }

    /// <summary>Behind a later value of the same producer, in the order of offsets.</summary>
    public long Reordered { get; init; }

    /// <summary>Offsets at which different values were seen, by readers or in acknowledgements.</summary>
    public long InconsistentOffsets { get; init; }

    /// <summary>At or above the high watermark told with them, or read once and no longer there in the final pass.</summary>
    public long UncommittedReads { get; init; }

    /// <summary>Read although their send was certainly refused.</summary>
    public long RefusedReads { get; init; }

    /// <summary>Given again to a reader that was past them.</summary>
    public long NonMonotonic { get; init; }

    /// <summary>Offsets that a reader was led past although somebody found values there.</summary>
    public long Skipped { get; init; }

    /// <summary>Other bytes than were sent.</summary>
    public long Corrupt { get; init; }

    /// <summary>Never sent by anybody who takes part.</summary>
    public long Unknown { get; init; }

    /// <summary>The first few of each kind, with where and who.</summary>
    public IReadOnlyList<string> Evidence { get; init; } = [];

    /// <summary>Whether no rule was seen broken.</summary>
    public bool IsSound => Anomalies.All(anomaly => anomaly.Count == 0);

    /// <summary>Whether it is sound and nothing was left open.</summary>
    public bool IsProven => IsSound && Unseen == 0;

    /// <summary>Every broken rule with its count, none left out.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public IReadOnlyList<(string Name, long Count, string Meaning)> Anomalies =>
    [
        ("lost", Lost, "acknowledged and gone"),
        ("duplicated", Duplicated, "at two offsets for one reader"),
        ("reordered", Reordered, "against their producer's order"),
        ("inconsistent-offsets", InconsistentOffsets, "offsets with more than one value"),
        ("uncommitted-reads", UncommittedReads, "read above the high watermark, or vanished"),
        ("refused-reads", RefusedReads, "read although refused"),
        ("nonmonotonic-polls", NonMonotonic, "given to a reader again"),
        ("skipped", Skipped, "offsets that a reader was led past"),
        ("corrupt", Corrupt, "other bytes than sent"),
        ("unknown", Unknown, "never sent"),
    ];

    /// <summary>Those of the reasons that the loss of acknowledged records leads to: read before they went, their offsets given to others.</summary>
    public IEnumerable<string> ReasonsOfLoss() => Anomalies.Where(anomaly => anomaly.Name is not ("refused-reads" or "corrupt" or "unknown")).Select(InWords);

    /// <summary>What is wrong in words; empty when it is proven.</summary>
    public IEnumerable<string> Reasons() => Anomalies.Where(anomaly => anomaly.Count > 0).Select(InWords)
        .Concat(Unseen > 0 ? [$"history: {Unseen} acknowledged values were not reached by the final reading"] : []);

    private static string InWords((string Name, long Count, string Meaning) anomaly) => $"history: {anomaly.Count} {anomaly.Name} ({anomaly.Meaning})";
}
