namespace Harness.Load.Sent;

/// <summary>A set of record numbers as disjoint ranges; small as long as the numbers come nearly in order. Not thread-safe.</summary>
internal sealed class NumberSet
{
    // Sorted, disjoint and not touching; [From, To).
    private readonly List<(long From, long To)> _ranges = [];

    public IReadOnlyList<(long From, long To)> Ranges => _ranges;

    public long Count => _ranges.Sum(range => range.To - range.From);

    /// <summary>Adds a range, of which nothing may be in the set yet.</summary>
    public void Add(long from, long to)
    {
        if (from >= to) return;

        var at = IndexAfter(from);
        var joinsBefore = at > 0 && _ranges[at - 1].To == from;
        var joinsAfter = at < _ranges.Count && _ranges[at].From == to;
        if (joinsBefore && joinsAfter)
        {
            _ranges[at - 1] = (_ranges[at - 1].From, _ranges[at].To);
            _ranges.RemoveAt(at);
        }
        else if (joinsBefore) _ranges[at - 1] = (_ranges[at - 1].From, to);
        else if (joinsAfter) _ranges[at] = (from, _ranges[at].To);
        else _ranges.Insert(at, (from, to));
    }

    /// <summary>Takes what it has of a range out of the set; says how many numbers that were.</summary>
    public long Remove(long from, long to)
    {
        var removed = 0L;
        var at = Math.Max(0, IndexAfter(from) - 1);
        while (at < _ranges.Count && _ranges[at].From < to)
        {
            var range = _ranges[at];
            var (start, end) = (Math.Max(range.From, from), Math.Min(range.To, to));
            if (start >= end)
            {
                at++;
                continue;
            }

            removed += end - start;
            _ranges.RemoveAt(at);
            if (range.From < start) _ranges.Insert(at++, (range.From, start));
            if (end < range.To) _ranges.Insert(at++, (end, range.To));
        }

        return removed;
    }

    /// <summary>The numbers of a range that are in the set, as ranges in order.</summary>
    public IEnumerable<(long From, long To)> Within(long from, long to)
    {
        for (var at = Math.Max(0, IndexAfter(from) - 1); at < _ranges.Count && _ranges[at].From < to; at++)
        {
            var (start, end) = (Math.Max(_ranges[at].From, from), Math.Min(_ranges[at].To, to));
            if (start < end) yield return (start, end);
        }
    }

    // The first range that begins after the number.
    private int IndexAfter(long number)
    {
        if (_ranges.Count == 0 || _ranges[^1].From <= number) return _ranges.Count; // nearly always

        int low = 0, high = _ranges.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle].From <= number) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
