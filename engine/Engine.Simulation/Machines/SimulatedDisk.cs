namespace Engine.Simulation.Machines;

/// <summary>A log on a disk: what reads see at once, what survives a power loss, and the writes in between.</summary>
/// <remarks>
/// Writes reach the image in order, when they are flushed or, some of them, when the power goes: the last of those may be torn,
/// and recovery cuts it off. A truncation is such a write too, and so is a deletion by age or size; one by request is on the disk at
/// once. A flush that fails drops what it should have written.
/// </remarks>
internal sealed class SimulatedDisk(Chance chance)
{
    private readonly LogImage _cache = new();
    private readonly LogImage _image = new();
    private readonly List<Write> _pending = [];
    private (long Offset, ulong Chain) _recordedStart;

    /// <summary>Rises with every change of <see cref="Batches"/>, so that who has looked need not look again.</summary>
    public int Version { get; private set; }

    /// <summary>The log as every reader on the node sees it.</summary>
    public ReadOnlySpan<StoredBatch> Batches => _cache.Batches;

    public long StartOffset => _cache.StartOffset;

    public long EndOffset => _cache.EndOffset;

    public ulong Chain => _cache.Chain;

    /// <summary>The offset before which the log survives a power loss.</summary>
    public long FlushedEnd
    {
        get
        {
            var end = Math.Min(EndOffset, _image.EndOffset);
            foreach (var write in _pending)
                if (write.Kind is WriteKind.Cut or WriteKind.Restart) end = Math.Min(end, write.Offset);
            return end;
        }
    }

    public bool HasPending => _pending.Count > 0;

    /// <summary>Whether the next flush fails.</summary>
    public bool FailsNextFlush { get; set; }

    public void Append(in StoredBatch batch) => Do(new Write(WriteKind.Append) { Batch = batch });

    public void TruncateTo(long offset)
    {
        if (offset < EndOffset) Do(new Write(WriteKind.Cut) { Offset = offset });
    }

    /// <summary>Removes everything and goes on at an offset, for good: a follower whose leader no longer has what comes next.</summary>
    /// <param name="offset">Where the next batch begins.</param>
    /// <param name="startOffset">The first of its records to be read.</param>
    /// <param name="chain">The hash of all that others have before it.</param>
    public void Restart(long offset, long startOffset, ulong chain)
    {
        if (_recordedStart.Offset > startOffset) _recordedStart = (startOffset, chain);
        Do(new Write(WriteKind.Restart) { Offset = offset, Start = startOffset, Chain = chain });
        WritePending(_pending.Count); // Before it says that it holds what others have before that offset.
    }

    /// <summary>Deletes the records before an offset, and no power loss brings them back.</summary>
    public void DeleteBefore(long offset)
    {
        offset = Math.Min(offset, EndOffset);
        if (offset <= StartOffset) return;

        _recordedStart = (offset, ChainAt(offset) ?? 0);
        Do(new Write(WriteKind.Trim) { Offset = offset });
    }

    /// <summary>Drops the oldest batches, which a power loss may bring back.</summary>
    public void DropBefore(long offset) => Do(new Write(WriteKind.Trim) { Offset = offset });

    /// <returns>False when the disk failed: of what was to be flushed, some is gone for good.</returns>
    public bool Flush()
    {
        if (FailsNextFlush && HasPending)
        {
            FailsNextFlush = false;
            LosePower();
            return false;
        }

        WritePending(_pending.Count);
        return true;
    }

    /// <summary>The power goes: some of the pending writes, the earliest, are on the disk; the rest is not.</summary>
    public void LosePower()
    {
        Version++;
        WritePending(chance.Below(_pending.Count + 1));
        // As a start finds it: what was deleted by request stays so, and a log that ends before that begins there.
        if (_image.EndOffset < _recordedStart.Offset) _image.Restart(_recordedStart.Offset, _recordedStart.Offset, _recordedStart.Chain);
        else _image.Trim(_recordedStart.Offset);
        _cache.CopyFrom(_image);
    }

    /// <inheritdoc cref="LogImage.ChainAt"/>
    public ulong? ChainAt(long offset) => _cache.ChainAt(offset);

    /// <inheritdoc cref="LogImage.IndexOf"/>
    public int IndexOf(long offset) => _cache.IndexOf(offset);

    /// <summary>Whether the log has a batch at an offset, or had until it was deleted there.</summary>
    public bool Holds(long batch, long baseOffset) => baseOffset < StartOffset || Find(baseOffset)?.Batch == batch;

    /// <summary>The batch that begins at an offset.</summary>
    public StoredBatch? Find(long baseOffset)
    {
        var index = IndexOf(baseOffset);
        return index < Batches.Length && Batches[index].BaseOffset == baseOffset ? Batches[index] : null;
    }

    /// <summary>Whole batches from an offset on, below <paramref name="bound"/>.</summary>
    public StoredBatch[] Read(long offset, long bound, int mostBatches)
    {
        var batches = Batches;
        var first = IndexOf(offset);
        var next = first;
        while (next < batches.Length && next - first < mostBatches && batches[next].NextOffset <= bound) next++;
        return batches[first..next].ToArray();
    }

    private void Do(in Write write)
    {
        Version++;
        _pending.Add(write);
        write.ApplyTo(_cache);
    }

    private void WritePending(int count)
    {
        for (var i = 0; i < count; i++) _pending[i].ApplyTo(_image);
        _pending.Clear();
    }

    private enum WriteKind
    {
        Append,
        Cut,
        Restart,
        Trim,
    }

    private readonly record struct Write(WriteKind Kind)
    {
        public StoredBatch Batch { get; init; }

        public long Offset { get; init; }

        public long Start { get; init; }

        public ulong Chain { get; init; }

        public void ApplyTo(LogImage log)
        {
            switch (Kind)
            {
                case WriteKind.Append:
                    log.Append(Batch);
                    break;
                case WriteKind.Cut:
                    log.Cut(Offset);
                    break;
                case WriteKind.Restart:
                    log.Restart(Offset, Start, Chain);
                    break;
                default:
                    log.Trim(Offset);
                    break;
            }
        }
    }
}
