namespace Harness.Checking;

/// <summary>One partition's part of a history.</summary>
internal sealed class PartitionHistory(int partition, Evidence evidence)
{
    private readonly List<Stretch> _acked = [];
    private readonly List<Stretch> _ackedSomewhere = []; // by answers that told no offset
    private readonly List<Stretch> _refused = [];
    private readonly List<Stretch> _indeterminate = [];
    private readonly Dictionary<int, ReaderView> _views = [];
    private PassEntry? _pass;
    private long _read;
    private long _aboveHighWatermark;
    private long _nonMonotonic;
    private long _corrupt;
    private long _unknown;

    public void Add(in SendEntry send) => Stretch.Append(
        send.Outcome switch
        {
            Outcome.Ok => send.Offset < 0 ? _ackedSomewhere : _acked,
            Outcome.Fail => _refused,
            _ => _indeterminate,
        },
        new(send.Outcome == Outcome.Ok && send.Offset >= 0 ? send.Offset : NoOffset(send.First), send.Producer, send.First, send.Count));

    public void Add(in ReadEntry read)
    {
        _read += read.Count;
        if (!_views.TryGetValue(read.Reader, out var view)) _views[read.Reader] = view = new(read.Reader);
        var above = read.HighWatermark < 0 ? 0 : Math.Clamp(read.Offset + read.Count - read.HighWatermark, 0, read.Count);
        if (above > 0) Found(ref _aboveHighWatermark, above, "uncommitted-reads", read, $", high watermark {read.HighWatermark}");
        if (read.IsCorrupt) Found(ref _corrupt, read.Count, "corrupt", read);
        else if (read.Producer < 0) Found(ref _unknown, read.Count, "unknown", read);

        var end = view.End;
        var again = view.Add(read);
        if (again > 0) Found(ref _nonMonotonic, again, "nonmonotonic-polls", read, $", having come to offset {end}");
    }

    public void Add(in PassEntry pass) => _pass = pass;

    /// <summary>Adds what this partition shows to what others showed.</summary>
    public HistoryVerdict Conclude(HistoryVerdict sum)
    {
        var seen = Stretch.Union(_views.Values.SelectMany(view => view.Given));
        var last = _pass is { } pass && _views.Keys.Any(reader => reader != pass.Reader)
            ? Stretch.Union(_views.TryGetValue(pass.Reader, out var view) ? view.Given : [])
            : seen;
        var (lost, unseen) = Missing(new NumberRanges(last));
        var (duplicated, reordered) = Order();
        var everRead = new NumberRanges(seen);
        return sum with
        {
            Acked = sum.Acked + Values(_acked) + Values(_ackedSomewhere),
            Failed = sum.Failed + Values(_refused),
            Indeterminate = sum.Indeterminate + Values(_indeterminate),
            IndeterminateRead = sum.IndeterminateRead + _indeterminate.Sum(everRead.CountOf),
            Read = sum.Read + _read,
            Lost = sum.Lost + lost,
            Unseen = sum.Unseen + unseen,
            Duplicated = sum.Duplicated + duplicated,
            Reordered = sum.Reordered + reordered,
            InconsistentOffsets = sum.InconsistentOffsets + Inconsistent(Stretch.Union(seen.Concat(_acked))),
            UncommittedReads = sum.UncommittedReads + _aboveHighWatermark + Vanished(last),
            RefusedReads = sum.RefusedReads + Refused(everRead),
            NonMonotonic = sum.NonMonotonic + _nonMonotonic,
            Skipped = sum.Skipped + Skipped(seen),
            Corrupt = sum.Corrupt + _corrupt,
            Unknown = sum.Unknown + _unknown + NeverSent(seen),
        };
    }

    private (long Lost, long Unseen) Missing(NumberRanges last)
    {
        var reached = _pass?.Reached ?? _views.Values.Select(view => view.End).DefaultIfEmpty(-1).Max();
        // A pass that came to the log's end has passed whatever should lie behind it as well.
        var isWhole = _pass is { End: >= 0 } pass && pass.Reached >= pass.End;
        long lost = 0, unseen = 0;
        foreach (var gone in _acked.Concat(_ackedSomewhere).SelectMany(last.MissingOf))
        {
            var passed = isWhole ? gone.Count
                : gone.Offset >= 0 ? Math.Clamp(reached - gone.Offset, 0, gone.Count)
                : last.Highest(gone.Producer) > gone.End ? gone.Count : 0;
            lost += passed;
            unseen += gone.Count - passed;
            if (passed > 0) evidence.Add("lost", $"{Name(gone with { Count = passed })}, acknowledged{(gone.Offset < 0 ? "" : $" at offset {gone.Offset}")}; the reading went to offset {reached}");
            if (passed < gone.Count) evidence.Add("unseen", $"{Name(gone)}, acknowledged; the reading went to offset {reached}");
        }

        return (lost, unseen);
    }

    // In how many values, not how often: two readers who saw the same are one finding.
    private (long Duplicated, long Reordered) Order()
    {
        long duplicated = 0, reordered = 0;
        foreach (var view in _views.Values)
        {
            long repeatedHere = 0, lateHere = 0;
            view.CompareOrder(
                (stretch, count) =>
                {
                    repeatedHere += count;
                    evidence.Add("duplicated", $"{count} of {Name(stretch)}, at offset {stretch.Offset} once more for reader {view.Reader}");
                },
                (stretch, count) =>
                {
                    lateHere += count;
                    evidence.Add("reordered", $"{count} of {Name(stretch)}, at offset {stretch.Offset} behind later ones for reader {view.Reader}");
                });
            duplicated = Math.Max(duplicated, repeatedHere);
            reordered = Math.Max(reordered, lateHere);
        }

        return (duplicated, reordered);
    }

    // Stretches of one union hold different values wherever their offsets meet.
    private long Inconsistent(List<Stretch> versions)
    {
        var offsets = 0L;
        var counted = 0L;
        Stretch? furthest = null;
        foreach (var next in versions)
        {
            if (furthest is { } other && Math.Min(next.EndOffset, other.EndOffset) is var end && Math.Max(next.Offset, counted) is var start && start < end)
            {
                offsets += end - start;
                counted = end;
                evidence.Add("inconsistent-offsets", $"partition {partition}, offset {start}: {Who(other, start)}, and {Who(next, start)}");
            }

            if (furthest is null || next.EndOffset > furthest.Value.EndOffset) furthest = next;
        }

        return offsets;
    }

    private string Who(Stretch stretch, long offset)
    {
        bool Holds(Stretch other) => other.Producer == stretch.Producer && other.First - other.Offset == stretch.First - stretch.Offset
            && other.Offset <= offset && offset < other.EndOffset;
        var who = _views.Values.Where(view => view.Given.Any(Holds)).Select(view => $"reader {view.Reader}")
            .Concat(_acked.Any(Holds) ? ["the acknowledgement"] : []);
        return $"value {stretch.First + offset - stretch.Offset} of producer {stretch.Producer} for {string.Join(", ", who)}";
    }

    private long Vanished(List<Stretch> last)
    {
        if (_pass is not { } pass) return 0;

        var isWhole = pass.End >= 0 && pass.Reached >= pass.End;
        var earlier = Stretch.Union(_views.Values.Where(view => view.Reader != pass.Reader).SelectMany(view => view.Given));
        var vanished = 0L;
        foreach (var gone in Stretch.Without(earlier, last))
        {
            var from = Math.Max(gone.Offset, pass.From);
            var to = isWhole ? gone.EndOffset : Math.Min(gone.EndOffset, pass.Reached);
            if (from >= to) continue;
            vanished += to - from;
            evidence.Add("uncommitted-reads", $"{Name(gone.Part(from, to))}, read at offset {from} and not there in the end");
        }

        return vanished;
    }

    private long Refused(NumberRanges everRead)
    {
        var read = 0L;
        foreach (var refused in _refused)
        {
            var count = everRead.CountOf(refused);
            if (count > 0) evidence.Add("refused-reads", $"{count} of {Name(refused)}");
            read += count;
        }

        return read;
    }

    private long Skipped(List<Stretch> seen)
    {
        var skipped = 0L;
        var known = Covered(seen);
        foreach (var view in _views.Values)
        {
            foreach (var (from, to) in view.Gaps)
            {
                var count = 0L;
                for (var i = Stretch.FirstEndingAfter(known, from); i < known.Count && known[i].Offset < to; i++)
                    count += Math.Min(known[i].EndOffset, to) - Math.Max(known[i].Offset, from);
                if (count > 0) evidence.Add("skipped", $"partition {partition}, reader {view.Reader} from offset {from} to {to}, where others found {count}");
                skipped += count;
            }
        }

        return skipped;
    }

    private long NeverSent(List<Stretch> seen)
    {
        var sent = new NumberRanges(_acked.Concat(_ackedSomewhere).Concat(_refused).Concat(_indeterminate));
        var count = 0L;
        foreach (var unknown in seen.SelectMany(sent.MissingOf))
        {
            count += unknown.Count;
            evidence.Add("unknown", $"{Name(unknown)}, at offset {unknown.Offset}: no send of these is in the history");
        }

        return count;
    }

    private void Found(ref long count, long values, string kind, in ReadEntry read, string more = "")
    {
        count += values;
        if (evidence.Wants(kind)) evidence.Add(kind, $"partition {partition}, {values} from offset {read.Offset} on for reader {read.Reader} at {read.Complete} ns{more}");
    }

    private string Name(Stretch stretch) =>
        $"partition {partition}, producer {stretch.Producer}, values {stretch.First} to {stretch.End - 1}";

    private static long Values(List<Stretch> stretches) => stretches.Sum(stretch => stretch.Count);

    // Sends that have no offset merge by their numbers alone: these stand in for offsets, below all real ones.
    private static long NoOffset(long first) => long.MinValue / 2 + first;

    // The offsets alone, as disjoint stretches of nobody.
    private static List<Stretch> Covered(List<Stretch> byOffset)
    {
        var covered = new List<Stretch>();
        foreach (var stretch in byOffset)
        {
            if (covered.Count > 0 && covered[^1] is var last && stretch.Offset <= last.EndOffset)
                covered[^1] = last with { Count = Math.Max(last.EndOffset, stretch.EndOffset) - last.Offset };
            else
                covered.Add(new(stretch.Offset, -1, 0, stretch.Count));
        }

        return covered;
    }
}
