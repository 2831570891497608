using System.Runtime.InteropServices;

namespace Engine.Simulation.Machines;

/// <summary>A log on a disk: what reads see at once, what survives a power loss, and the writes in between.</summary>
/// <remarks>
/// Writes reach the image in order, when they are flushed or, some of them, when the power goes: the last of those may be torn,
/// and recovery cuts it off. A truncation is such a write too. A flush that fails drops what it should have written.
/// </remarks>
internal sealed class SimulatedDisk(Chance chance)
{
    private readonly List<StoredBatch> _cache = [];
    private readonly List<StoredBatch> _image = [];
    private readonly List<Write> _pending = [];

    /// <summary>Rises with every change of <see cref="Batches"/>, so that who has looked need not look again.</summary>
    public int Version { get; private set; }

    /// <summary>The log as every reader on the node sees it.</summary>
    public ReadOnlySpan<StoredBatch> Batches => CollectionsMarshal.AsSpan(_cache);

    public long EndOffset => _cache.Count == 0 ? 0 : Batches[^1].NextOffset;

    public ulong Chain => _cache.Count == 0 ? 0 : Batches[^1].Chain;

    /// <summary>The offset before which the log survives a power loss.</summary>
    public long FlushedEnd
    {
        get
        {
            var end = Math.Min(EndOffset, _image.Count == 0 ? 0 : _image[^1].NextOffset);
            foreach (var write in _pending)
                if (write.CutTo >= 0) end = Math.Min(end, write.CutTo);
            return end;
        }
    }

    public bool HasPending => _pending.Count > 0;

    /// <summary>Whether the next flush fails.</summary>
    public bool FailsNextFlush { get; set; }

    public void Append(in StoredBatch batch)
    {
        Version++;
        _cache.Add(batch);
        _pending.Add(new Write(batch, -1));
    }

    public void TruncateTo(long offset)
    {
        if (offset >= EndOffset) return;
        Version++;
        Cut(_cache, offset);
        _pending.Add(new Write(default, offset));
    }

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
        _cache.Clear();
        _cache.AddRange(_image);
    }

    /// <summary>The hash of everything before an offset; null when no batch ends there, or the log ends before.</summary>
    public ulong? ChainAt(long offset)
    {
        if (offset == EndOffset) return Chain;
        var batches = Batches;
        var next = IndexOf(offset);
        return next == batches.Length || batches[next].BaseOffset != offset ? null : next == 0 ? 0 : batches[next - 1].Chain;
    }

    /// <summary>The place of the batch that holds an offset; the count when the log ends before.</summary>
    public int IndexOf(long offset) => StoredBatch.IndexOf(Batches, offset);

    /// <summary>Whole batches from an offset on, below <paramref name="bound"/>.</summary>
    public StoredBatch[] Read(long offset, long bound, int mostBatches)
    {
        var batches = Batches;
        var first = IndexOf(offset);
        var next = first;
        while (next < batches.Length && next - first < mostBatches && batches[next].NextOffset <= bound) next++;
        return batches[first..next].ToArray();
    }

    private void WritePending(int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (_pending[i].CutTo >= 0) Cut(_image, _pending[i].CutTo);
            else _image.Add(_pending[i].Batch);
        }

        _pending.Clear();
    }

    private static void Cut(List<StoredBatch> log, long offset)
    {
        var keep = log.Count;
        while (keep > 0 && log[keep - 1].NextOffset > offset) keep--;
        log.RemoveRange(keep, log.Count - keep);
    }

    /// <param name="CutTo">-1 for an append.</param>
    private readonly record struct Write(StoredBatch Batch, long CutTo);
}
