namespace Harness.Load.Sent;

/// <summary>When a stream's records were meant to be sent, batch by batch: what end-to-end latency is counted from.</summary>
/// <remarks>
/// One producer writes, any number of readers follow, each with its own <see cref="Place"/>. Chunks form a chain that only
/// the slowest reader keeps alive; nothing is ever dropped for a reader that trails, for its latencies are the ones that matter.
/// </remarks>
internal sealed class SendJournal
{
    private const int ChunkLength = 512;

    private Chunk _last = new();

    public SendJournal() => Start = new(_last, 0);

    /// <summary>Where readers begin.</summary>
    public Place Start { get; private set; }

    /// <summary>Lets go of everything before now for readers that are yet to come.</summary>
    public void ForgetStart() => Start = default;

    /// <summary>Notes a batch; called before it is sent, so that no reader can see the batch sooner than its note.</summary>
    public void Add(in SentBatch batch)
    {
        var last = _last;
        if (last.Count == ChunkLength)
        {
            var full = last;
            full.Next = _last = last = new Chunk();
        }

        last.Batches[last.Count] = batch;
        last.Publish();
    }

    /// <summary>Moves <paramref name="place"/> on to the batch that holds a record, if it is there or further on.</summary>
    public static bool TryFind(ref Place place, long number, out SentBatch batch)
    {
        while (place.Chunk is { } chunk)
        {
            for (; place.Index < chunk.Count; place.Index++)
            {
                ref readonly var candidate = ref chunk.Batches[place.Index];
                if (number < candidate.FirstNumber) break; // behind the place: seen before
                if (number >= candidate.FirstNumber + candidate.Count) continue;

                batch = candidate;
                return true;
            }

            if (place.Index < ChunkLength || chunk.Next is not { } next) break;
            place = new(next, 0);
        }

        batch = default;
        return false;
    }

    /// <summary>How far a reader has followed.</summary>
    internal struct Place(Chunk chunk, int index)
    {
        public readonly Chunk? Chunk = chunk;
        public int Index = index;
    }

    internal sealed class Chunk
    {
        private int _count;
        private Chunk? _next;

        public SentBatch[] Batches { get; } = new SentBatch[ChunkLength];

        public int Count => Volatile.Read(ref _count);

        public Chunk? Next
        {
            get => Volatile.Read(ref _next);
            set => Volatile.Write(ref _next, value);
        }

        public void Publish() => Volatile.Write(ref _count, _count + 1);
    }
}

/// <summary>A batch as it was sent, with the intended send times of its first and last record.</summary>
internal readonly record struct SentBatch(long FirstNumber, int Count, long FirstIntended, long LastIntended)
{
    /// <summary>The intended send time of a record; between the first and the last it is interpolated.</summary>
    public long Intended(long number) =>
        Count == 1 ? FirstIntended : FirstIntended + (LastIntended - FirstIntended) * (number - FirstNumber) / (Count - 1);
}
