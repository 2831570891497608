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
        sorted.Sort((a, b) => (a.Producer, a.First - a.Offset, a.Offset).CompareTo((b.Producer, b.First - b.Offset, b.Offset)));
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

        union.Sort((a, b) => (a.Offset, a.Producer, a.First).CompareTo((b.Offset, b.Producer, b.First)));
        return union;
    }

    /// <summary>The pairs of one union that another one lacks.</summary>
    public static IEnumerable<Stretch> Without(IReadOnlyList<Stretch> these, IReadOnlyList<Stretch> those)
    {
        var byLine = those.GroupBy(other => (other.Producer, other.First - other.Offset))
            .ToDictionary(line => line.Key, line => line.ToList()); // in the order of offsets, as the union was
        foreach (var stretch in these)
        {
            var from = stretch.Offset;
            if (byLine.TryGetValue((stretch.Producer, stretch.First - stretch.Offset), out var line))
            {
                for (var i = FirstEndingAfter(line, from); i < line.Count && line[i].Offset < stretch.EndOffset; i++)
                {
                    if (line[i].Offset > from) yield return stretch.Part(from, line[i].Offset);
                    from = Math.Max(from, line[i].EndOffset);
                }
            }

            if (from < stretch.EndOffset) yield return stretch.Part(from, stretch.EndOffset);
        }
    }

    /// <summary>The part from one offset to before another.</summary>
    public Stretch Part(long from, long to) => new(from, Producer, First + (from - Offset), to - from);

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
