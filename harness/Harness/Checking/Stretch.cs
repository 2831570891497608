namespace Harness.Checking;

/// <summary>Consecutive values of one producer at consecutive offsets: what histories shrink to.</summary>
internal readonly record struct Stretch(long Offset, int Producer, long First, long Count)
{
    public long EndOffset => Offset + Count;

    /// <summary>The number after the last.</summary>
    public long End => First + Count;

    /// <summary>Whether the other one goes on where this one ends, in offsets and values alike.</summary>
    public bool Precedes(in Stretch other) => Producer == other.Producer && EndOffset == other.Offset && End == other.First;

    /// <summary>Adds to a list, into its last stretch where that is possible.</summary>
    public static void Append(List<Stretch> list, in Stretch added)
    {
        if (list.Count > 0 && list[^1].Precedes(added)) list[^1] = list[^1] with { Count = list[^1].Count + added.Count };
        else list.Add(added);
    }

    /// <summary>The same pairs of offset and value, each once, in the order of offsets.</summary>
    public static List<Stretch> Union(IEnumerable<Stretch> stretches)
    {
        // Stretches that share a pair share the distance from number to offset too, so only neighbours in this order can overlap.
        var sorted = stretches.ToList();
        sorted.Sort(ByLine);
        var union = new List<Stretch>();
        foreach (var next in sorted)
        {
            if (union.Count > 0 && union[^1] is var last && last.Producer == next.Producer
                && last.First - last.Offset == next.First - next.Offset && next.Offset <= last.EndOffset)
            {
                union[^1] = last with { Count = Math.Max(last.EndOffset, next.EndOffset) - last.Offset };
            }
            else
            {
                union.Add(next);
            }
        }

        union.Sort(ByOffset);
        return union;
    }

    /// <summary>Orders by producer and the numbers of its values.</summary>
    public static int ByNumber(Stretch a, Stretch b) => a.Producer != b.Producer ? a.Producer.CompareTo(b.Producer) : a.First.CompareTo(b.First);

    /// <summary>The pairs of one union that another one lacks.</summary>
    public static IEnumerable<Stretch> Without(IEnumerable<Stretch> these, IEnumerable<Stretch> those)
    {
        var (kept, removed) = (these.ToList(), those.ToList());
        kept.Sort(ByLine);
        removed.Sort(ByLine);
        var first = 0; // of those that may reach into what is still to come
        foreach (var stretch in kept)
        {
            while (first < removed.Count && removed[first] is var gone && LineOf(gone).CompareTo(LineOf(stretch)) is var order
                && (order < 0 || (order == 0 && gone.EndOffset <= stretch.Offset))) first++;

            var from = stretch.Offset;
            for (var i = first; i < removed.Count && LineOf(removed[i]) == LineOf(stretch) && removed[i].Offset < stretch.EndOffset; i++)
            {
                if (removed[i].Offset > from) yield return stretch.Part(from, removed[i].Offset);
                from = Math.Max(from, removed[i].EndOffset);
            }

            if (from < stretch.EndOffset) yield return stretch.Part(from, stretch.EndOffset);
        }
    }

    /// <summary>The part from one offset to before another.</summary>
    public Stretch Part(long from, long to) => new(from, Producer, First + (from - Offset), to - from);

    // Only stretches on one line can share a pair of offset and value.
    private static (int Producer, long Distance) LineOf(in Stretch stretch) => (stretch.Producer, stretch.First - stretch.Offset);

    private static int ByLine(Stretch a, Stretch b)
    {
        var order = LineOf(a).CompareTo(LineOf(b));
        return order != 0 ? order : a.Offset.CompareTo(b.Offset);
    }

    private static int ByOffset(Stretch a, Stretch b) => a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset) : ByNumber(a, b);

    /// <summary>The first of disjoint stretches in the order of offsets that ends behind an offset.</summary>
    public static int FirstEndingAfter(List<Stretch> sorted, long offset)
    {
        int low = 0, high = sorted.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (sorted[middle].EndOffset <= offset) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
