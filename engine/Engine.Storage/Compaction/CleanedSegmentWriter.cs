using Engine.Core.Memory;
using Engine.Protocol.Records;

namespace Engine.Storage.Compaction;

/// <summary>Writes what a filter leaves of one or more neighbouring segments into a file of its own.</summary>
internal sealed class CleanedSegmentWriter(SegmentFile file, long baseOffset, LogOptions options, ByteRate rate) : IDisposable
{
    private readonly Segment _cleaned = new(file, baseOffset, options.IndexIntervalBytes);
    private readonly IDisposable _use = file.Refer(); // Else it might be closed between two writes, for want of use.
    private readonly Block _block = BlockPool.Shared.Rent(1 << 20);
    private long _position;
    private int _held;

    /// <summary>Takes a segment's batches.</summary>
    /// <param name="segment">The segment, whose file the caller has a reference to.</param>
    /// <param name="following">The one behind it; null when this is the last to be cleaned.</param>
    /// <param name="filter">What stays of each batch.</param>
    /// <returns>Whether the following one fits in too and is to be taken next.</returns>
    /// <exception cref="InvalidDataException">A batch is not what was written.</exception>
    public bool Take(Segment segment, Segment? following, BatchFilter filter)
    {
        var goesOn = false;
        using var scan = new BatchScan(segment, 0, rate);
        for (var batch = scan.Next(); !batch.IsEmpty; batch = scan.Next())
        {
            // Where a file's offsets end is told by its last batch, also to recovery: that one stays, if need be without records.
            var isLast = new BatchHeader(batch).NextOffset == segment.NextOffset;
            goesOn = isLast && following is not null && Fits(following, batch.Length);
            var kept = filter.Apply(batch, mustStay: isLast && !goesOn);
            if (!kept.IsEmpty) Write(kept);
        }

        return goesOn;
    }

    /// <summary>The segment, flushed.</summary>
    public Segment Finish()
    {
        FlushHeld();
        file.Calls.SyncData(file.Handle);
        _cleaned.FlushedBytes = _cleaned.SizeBytes;
        _cleaned.IsNameDurable = true;
        return _cleaned;
    }

    public void Dispose()
    {
        _block.Dispose();
        _use.Dispose();
    }

    private bool Fits(Segment following, int lastBatchBytes) =>
        _cleaned.SizeBytes + lastBatchBytes + following.SizeBytes <= options.SegmentBytes && following.NextOffset - baseOffset <= int.MaxValue;

    private void Write(ReadOnlySpan<byte> batch)
    {
        _cleaned.Append(batch);
        if (_held + batch.Length > _block.Bytes.Length) FlushHeld();
        if (batch.Length > _block.Bytes.Length)
        {
            WriteOut(batch);
            return;
        }

        batch.CopyTo(_block.Bytes.AsSpan(_held));
        _held += batch.Length;
    }

    private void FlushHeld()
    {
        WriteOut(_block.Bytes.AsSpan(0, _held));
        _held = 0;
    }

    private void WriteOut(ReadOnlySpan<byte> bytes)
    {
        rate.Spend(bytes.Length);
        file.Calls.Write(file.Handle, bytes, _position);
        _position += bytes.Length;
    }
}
