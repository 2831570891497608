namespace Harness.Checking;

/// <summary>Each producer's numbers as sorted, disjoint ranges.</summary>
internal sealed class NumberRanges
{
    private readonly Dictionary<int, List<(long From, long To)>> _ranges = [];

    public NumberRanges(IEnumerable<Stretch> stretches)
    {
        var sorted = stretches.ToList();
        sorted.Sort(Stretch.ByNumber);
        List<(long From, long To)> ranges = [];
        foreach (var stretch in sorted)
        {
            if (!_ranges.ContainsKey(stretch.Producer)) _ranges[stretch.Producer] = ranges = [];
            if (ranges.Count > 0 && stretch.First <= ranges[^1].To) ranges[^1] = (ranges[^1].From, Math.Max(ranges[^1].To, stretch.End));
            else ranges.Add((stretch.First, stretch.End));
        }
    }

    public long Highest(int producer) => _ranges.TryGetValue(producer, out var ranges) ? ranges[^1].To - 1 : -1;

    /// <summary>What a stretch has that is not in these.</summary>
    public IEnumerable<Stretch> MissingOf(Stretch stretch)
    {
        var from = stretch.First;
        foreach (var (start, end) in Within(stretch))
        {
            if (start > from) yield return Part(stretch, from, start);
            from = Math.Max(from, end);
        }

        if (from < stretch.End) yield return Part(stretch, from, stretch.End);
    }

    /// <summary>How many of a stretch's numbers are in these.</summary>
    public long CountOf(Stretch stretch) => Within(stretch).Sum(range => Math.Min(range.To, stretch.End) - Math.Max(range.From, stretch.First));

    private IEnumerable<(long From, long To)> Within(Stretch stretch)
    {
        if (!_ranges.TryGetValue(stretch.Producer, out var ranges)) yield break;

        int low = 0, high = ranges.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (ranges[middle].To <= stretch.First) low = middle + 1;
            else high = middle;
        }

        for (; low < ranges.Count && ranges[low].From < stretch.End; low++) yield return ranges[low];
    }

    // By numbers, with the offsets that go with them where there are any.
    private static Stretch Part(Stretch stretch, long from, long to) =>
        new(stretch.Offset < 0 ? -1 : stretch.Offset + (from - stretch.First), stretch.Producer, from, to - from);
}
