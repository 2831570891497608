namespace Harness.Load.Consuming;

/// <summary>What readers found, in records, with a few examples in words. For one thread at a time.</summary>
internal sealed class Findings
{
    private const string WereLost = "lost";
    private const string WereReadTwice = "read twice";
    private const string WereReadOutOfOrder = "read out of order";
    private const string WereNotCommitted = "read and not committed";

    private const int MaxExamples = 10;

    private readonly List<string> _examples = [];

    public long Read { get; set; }

    public long Lost { get; private set; }

    public long Duplicated { get; private set; }

    public long Reordered { get; private set; }

    public long Corrupted { get; private set; }

    public long Unexpected { get; private set; }

    /// <summary>Records read that were not, or no longer, committed.</summary>
    public long Uncommitted { get; private set; }

    public long UnackedRead { get; set; }

    public IReadOnlyList<string> Examples => _examples;

    public void AddLost(long records, string where) => Lost += Noted(records, "lost", where);

    public void AddDuplicated(long records, string where) => Duplicated += Noted(records, "duplicated", where);

    public void AddReordered(long records, string where) => Reordered += Noted(records, "reordered", where);

    public void AddCorrupted(long records, string where) => Corrupted += Noted(records, "corrupted", where);

    public void AddUnexpected(long records, string where) => Unexpected += Noted(records, "unexpected", where);

    public void AddUncommitted(long records, string where) => Uncommitted += Noted(records, "uncommitted", where);

    public void Add(Findings other)
    {
        Read += other.Read;
        Lost += other.Lost;
        Duplicated += other.Duplicated;
        Reordered += other.Reordered;
        Corrupted += other.Corrupted;
        Unexpected += other.Unexpected;
        Uncommitted += other.Uncommitted;
        UnackedRead += other.UnackedRead;
        _examples.AddRange(other._examples.Take(MaxExamples - _examples.Count));
    }

    public Verification Conclude(string against, long acked, IReadOnlyList<string> unserved)
    {
        (long Count, string What)[] anomalies =
        [
            (Lost, WereLost), (Duplicated, WereReadTwice), (Reordered, WereReadOutOfOrder),
            (Corrupted, "corrupted"), (Unexpected, "never sent by this load"), (Uncommitted, WereNotCommitted),
        ];
        List<string> reasons = [.. anomalies.Where(anomaly => anomaly.Count > 0).Select(anomaly => InWords(anomaly.Count, anomaly.What)), .. unserved];
        return new()
        {
            Sound = reasons.Count == 0,
            Reasons = reasons,
            Unserved = unserved,
            Against = against,
            Acked = acked,
            Read = Read,
            Lost = Lost,
            Duplicated = Duplicated,
            Reordered = Reordered,
            Corrupted = Corrupted,
            Unexpected = Unexpected,
            Uncommitted = Uncommitted,
            UnackedRead = UnackedRead,
            Examples = _examples,
        };
    }

    /// <summary>Those sentences of <see cref="Verification.Reasons"/> that lost records lead to.</summary>
    public static IEnumerable<string> OfLoss(Verification found) =>
    [
        InWords(found.Lost, WereLost), InWords(found.Duplicated, WereReadTwice), InWords(found.Reordered, WereReadOutOfOrder),
        InWords(found.Uncommitted, WereNotCommitted),
    ];

    private static string InWords(long records, string what) => $"{records} records were {what}";

    private long Noted(long records, string what, string where)
    {
        if (records > 0 && _examples.Count < MaxExamples) _examples.Add($"{records} {what}: {where}");
        return records;
    }
}
