using Harness.Load.Sent;

namespace Harness.Checking;

/// <summary>What one reader was given of one partition.</summary>
internal sealed class ReaderView(int reader)
{
    private readonly List<Stretch> _given = [];
    private long _end = -1;

    public int Reader => reader;

    public IReadOnlyList<Stretch> Given => _given;

    /// <summary>Offsets that it was led past, [From, To).</summary>
    public List<(long From, long To)> Gaps { get; } = [];

    /// <summary>The offset after the last it was given; -1 before the first.</summary>
    public long End => _end;

    /// <summary>Takes a batch in; says how many of its offsets the reader was past already.</summary>
    public long Add(in ReadEntry read)
    {
        var again = Math.Max(0, Math.Min(_end, read.Offset + read.Count) - read.Offset);
        if (_end >= 0 && read.Offset > _end) Gaps.Add((_end, read.Offset));
        _end = Math.Max(_end, read.Offset + read.Count);
        if (!read.IsCorrupt && read.Producer >= 0) Stretch.Append(_given, new(read.Offset, read.Producer, read.First, read.Count));
        return again;
    }

    /// <summary>Walks through what was given in the order of offsets and compares with each producer's own order.</summary>
    /// <param name="repeated">Told what was there at an earlier offset already.</param>
    /// <param name="late">Told what stands behind a later value of its producer.</param>
    public void CompareOrder(Action<Stretch, long> repeated, Action<Stretch, long> late)
    {
        var progress = new Dictionary<int, Progress>();
        foreach (var stretch in Stretch.Union(_given))
        {
            if (!progress.TryGetValue(stretch.Producer, out var producer)) progress[stretch.Producer] = producer = new();
            if (stretch.First > producer.Next) producer.Missing.Add(producer.Next, stretch.First);
            var behind = Math.Max(0, Math.Min(stretch.End, producer.Next) - stretch.First);
            if (behind > 0)
            {
                var tookItsPlaceLate = producer.Missing.Remove(stretch.First, Math.Min(stretch.End, producer.Next));
                if (tookItsPlaceLate > 0) late(stretch, tookItsPlaceLate);
                if (behind > tookItsPlaceLate) repeated(stretch, behind - tookItsPlaceLate);
            }

            producer.Next = Math.Max(producer.Next, stretch.End);
        }
    }

    private sealed class Progress
    {
        /// <summary>The number after the highest seen.</summary>
        public long Next { get; set; }

        public NumberSet Missing { get; } = new();
    }
}
