using System.Runtime.InteropServices;

namespace Engine.Simulation.Machines;

/// <summary>A log as some reader sees it: the batches that are there, and where it starts.</summary>
internal sealed class LogImage
{
    private readonly List<StoredBatch> _batches = [];
    private long _base;
    private ulong _baseChain;

    public ReadOnlySpan<StoredBatch> Batches => CollectionsMarshal.AsSpan(_batches);

    /// <summary>The first offset that is read; the batch that holds it may begin before.</summary>
    public long StartOffset { get; private set; }

    public long EndOffset => _batches.Count == 0 ? _base : Batches[^1].NextOffset;

    /// <summary>A hash of all that was ever before the end, also of what was deleted since.</summary>
    public ulong Chain => _batches.Count == 0 ? _baseChain : Batches[^1].Chain;

    /// <summary>The hash of everything before an offset; null when no batch ends there, the log ends before, or what is there was deleted.</summary>
    public ulong? ChainAt(long offset)
    {
        if (offset == EndOffset) return Chain;
        var batches = Batches;
        var next = IndexOf(offset);
        return next == batches.Length || batches[next].BaseOffset != offset ? null : next == 0 ? _baseChain : batches[next - 1].Chain;
    }

    /// <summary>The place of the batch that holds an offset; the count when the log ends before.</summary>
    public int IndexOf(long offset) => StoredBatch.IndexOf(Batches, offset);

    public void Append(in StoredBatch batch) => _batches.Add(batch);

    /// <summary>Removes everything from an offset on; a batch that only begins before it goes as a whole.</summary>
    public void Cut(long offset)
    {
        var chain = ChainAt(StartOffset) ?? 0;
        var keep = _batches.Count;
        while (keep > 0 && _batches[keep - 1].NextOffset > offset) keep--;
        _batches.RemoveRange(keep, _batches.Count - keep);
        if (EndOffset < StartOffset) Restart(StartOffset, StartOffset, chain);
    }

    /// <summary>Removes everything and goes on at an offset.</summary>
    /// <param name="chain">The hash of all that others have before it.</param>
    public void Restart(long offset, long startOffset, ulong chain)
    {
        _batches.Clear();
        (_base, _baseChain, StartOffset) = (offset, chain, startOffset);
    }

    /// <summary>Makes an offset the log's start, and forgets the batches that lie wholly before it.</summary>
    public void Trim(long startOffset)
    {
        if (startOffset <= StartOffset) return;
        StartOffset = startOffset;
        var drop = 0;
        while (drop < _batches.Count && _batches[drop].NextOffset <= startOffset) drop++;
        if (drop == 0) return;
        (_base, _baseChain) = (_batches[drop - 1].NextOffset, _batches[drop - 1].Chain);
        _batches.RemoveRange(0, drop);
    }

    public void CopyFrom(LogImage other)
    {
        _batches.Clear();
        _batches.AddRange(other._batches);
        (_base, _baseChain, StartOffset) = (other._base, other._baseChain, other.StartOffset);
    }
}
