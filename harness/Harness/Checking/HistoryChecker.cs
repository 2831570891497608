namespace Harness.Checking;

/// <summary>Checks a history of sends and reads against what a replicated log promises, whoever made it.</summary>
/// <remarks>
/// The ideas are those of Jepsen's Kafka workload (jepsen/tests/kafka.clj): unique values; the version order of a partition is the
/// union of the offsets in acknowledgements and all reads; an indeterminate send counts once it is read; at the end a fresh reader
/// passes over everything, and only what it passed is called lost. Entries are merged into stretches as they come, so memory goes
/// by interleaved batches, not by values. Not thread-safe.
/// </remarks>
public sealed class HistoryChecker : IHistorySink
{
    private readonly SortedDictionary<int, PartitionHistory> _partitions = [];
    private readonly Evidence _evidence = new();

    public void Add(in SendEntry send) => Of(send.Partition).Add(send);

    public void Add(in ReadEntry read) => Of(read.Partition).Add(read);

    public void Add(in PassEntry pass) => Of(pass.Partition).Add(pass);

    /// <summary>Says what the history shows; once, at its end.</summary>
    public HistoryVerdict Conclude()
    {
        var verdict = new HistoryVerdict();
        foreach (var partition in _partitions.Values) verdict = partition.Conclude(verdict);
        return verdict with { Evidence = _evidence.Texts };
    }

    private PartitionHistory Of(int partition)
    {
        if (!_partitions.TryGetValue(partition, out var history)) _partitions[partition] = history = new(partition, _evidence);
        return history;
    }
}

/// <summary>A few examples of each kind of anomaly, in words.</summary>
internal sealed class Evidence
{
    private const int MostOfAKind = 5;

    private readonly Dictionary<string, int> _counts = [];
    private readonly List<string> _texts = [];

    public IReadOnlyList<string> Texts => _texts;

    public bool Wants(string kind) => _counts.GetValueOrDefault(kind) < MostOfAKind;

    public void Add(string kind, string text)
    {
        if (!Wants(kind)) return;

        _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
        _texts.Add($"{kind}: {text}");
    }
}
