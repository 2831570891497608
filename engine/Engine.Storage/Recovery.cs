using Engine.Core.Memory;
using Engine.Protocol.Records;

namespace Engine.Storage;

/// <summary>What opening a log found and did.</summary>
/// <param name="BytesScanned">Bytes read and checked because they were not known to be durable.</param>
/// <param name="BytesCut">Bytes removed behind the last sound batch: a torn tail.</param>
/// <param name="SegmentsDropped">Segments removed because a batch before them was not sound.</param>
public sealed record RecoveryReport(long BytesScanned, long BytesCut, int SegmentsDropped);

/// <summary>Makes a log's segments from the files in its folder.</summary>
/// <remarks>
/// What ends at or before the recovery point is trusted: after a clean stop that is everything. What lies past it
/// is read and checked, batch by batch with its CRC, up to the first that is not sound; the rest is cut off.
/// </remarks>
internal sealed class Recovery(LogFolder folder, LogOptions options, NodeFiles node)
{
    private const int ChunkBytes = 4 << 20;

    private readonly List<Segment> _segments = [];
    private long _bytesScanned;
    private long _bytesCut;
    private int _segmentsDropped;

    public RecoveryReport Report => new(_bytesScanned, _bytesCut, _segmentsDropped);

    /// <summary>The log's segments in order, the last to be grown; empty for an empty folder.</summary>
    /// <exception cref="IOException">A file cannot be read or cut.</exception>
    public List<Segment> Load(long recoveryPoint)
    {
        var bases = folder.BaseOffsets;
        for (var i = 0; i < bases.Count; i++)
        {
            var file = folder.FileOf(bases[i], options);
            var next = i + 1 < bases.Count ? bases[i + 1] : (long?)null;
            var segment = Load(file, bases[i], next, recoveryPoint);
            _segments.Add(segment);
            if (next is null || segment.NextOffset == next) continue;

            // A hole: nothing behind it can be served in order.
            foreach (var lost in bases.Skip(i + 1)) folder.Drop(folder.FileOf(lost, options));
            _segmentsDropped = bases.Count - i - 1;
            break;
        }

        return _segments;
    }

    private Segment Load(SegmentFile file, long baseOffset, long? nextOffset, long recoveryPoint)
    {
        if (nextOffset <= recoveryPoint)
            return new Segment(file, baseOffset, nextOffset.Value, new FileInfo(file.Path).Length, options.IndexIntervalBytes);
        var known = recoveryPoint > baseOffset ? TryResume(file, baseOffset, recoveryPoint) : null;
        return Scan(known ?? new Segment(file, baseOffset, options.IndexIntervalBytes), recoveryPoint);
    }

    /// <summary>A segment as far as it is known to be durable: from its indexes, and from the headers behind the last indexed batch.</summary>
    /// <returns>Null when anything about it is odd.</returns>
    private Segment? TryResume(SegmentFile file, long baseOffset, long recoveryPoint)
    {
        try
        {
            return Resume(file, baseOffset, recoveryPoint);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private Segment? Resume(SegmentFile file, long baseOffset, long recoveryPoint)
    {
        var size = file.LengthBytes;
        var (indexPath, timesPath) = Segment.IndexPaths(file.Path);
        if (DurableFile.TryRead(indexPath) is not { } indexBytes || DurableFile.TryRead(timesPath) is not { } timesBytes) return null;
        if (OffsetIndex.Parse(indexBytes, baseOffset, long.MaxValue, size) is not { } index) return null;
        if (TimeIndex.Parse(timesBytes, baseOffset, long.MaxValue) is not { } times) return null;
        var isKnown = folder.IndexCheck != 0 && Segment.IndexCheck(indexBytes, timesBytes) == folder.IndexCheck;
        if (!isKnown && !index.AgreesWith(file, size)) return null;

        index.DropFrom(recoveryPoint);
        var scan = new HeaderScan(file, index.Last.Position, size, stackalloc byte[4096]);
        if (index.Count > 0 && !scan.MoveNext()) return null;
        times.DropFrom(index.Last.LastOffset + 1); // What is younger is learned from the headers that follow.
        var segment = new Segment(file, baseOffset, options.IndexIntervalBytes, index, times);
        if (index.Count > 0) segment.SkipTo(scan.Header, scan.Next);
        if (!isKnown && !segment.Agrees(times)) return null; // May have to read all headers, when the youngest batch is an early one.

        while (segment.NextOffset < recoveryPoint && scan.MoveNext())
        {
            if (scan.Header.BaseOffset < segment.NextOffset) return null;
            segment.Append(scan.Header);
        }

        if (segment.NextOffset != recoveryPoint) return null;
        segment.Soundness.TakeOnTrust(segment.SizeBytes, segment.NextOffset);
        segment.FlushedBytes = segment.SizeBytes;
        segment.IsNameDurable = true;
        return segment;
    }

    /// <summary>Reads what a segment has beyond what is known of it, checks every batch, and cuts the file behind the last sound one.</summary>
    /// <remarks>
    /// What was durable is no torn tail: where a batch before the recovery point is not sound the disk has damaged it. It stays, is
    /// never served, and the log goes on behind it.
    /// </remarks>
    private Segment Scan(Segment segment, long recoveryPoint)
    {
        var file = segment.File;
        var length = file.LengthBytes;
        if (length == segment.SizeBytes) return segment;

        var block = BlockPool.Shared.Rent((int)Math.Clamp(length - segment.SizeBytes, 1, ChunkBytes));
        try
        {
            var (position, held) = (segment.SizeBytes, 0); // Where in the file the block's bytes begin, and how many it holds.
            while (true)
            {
                held += Fill(file, block.Bytes.AsSpan(held), position + held, length);
                var used = TakeBatches(segment, block.Bytes.AsSpan(0, held), recoveryPoint);
                position += used;
                if (used == 0)
                {
                    // Not sound, or larger than the block: a whole batch needs as much memory as its header says.
                    var wanted = held < BatchHeader.Size ? 0 : new BatchHeader(block.Bytes).SizeBytes + LookAhead;
                    if (wanted <= block.Bytes.Length || wanted > length - position)
                    {
                        if (segment.NextOffset >= recoveryPoint || position == length) break;
                        var damage = segment.Soundness.Note(position, segment.NextOffset, length, recoveryPoint);
                        segment.Skip(damage);
                        (position, held) = (damage.End, 0);
                        continue;
                    }

                    var larger = BlockPool.Shared.Rent(wanted);
                    block.Bytes.AsSpan(0, held).CopyTo(larger.Bytes);
                    block.Dispose();
                    block = larger;
                    continue;
                }

                block.Bytes.AsSpan(used, held - used).CopyTo(block.Bytes);
                held -= used;
            }
        }
        finally
        {
            block.Dispose();
        }

        if (segment.SizeBytes < length)
        {
            using (file.Refer()) node.Calls.Cut(file.Handle, segment.SizeBytes);
            _bytesCut += length - segment.SizeBytes;
        }

        return segment;
    }

    private int Fill(SegmentFile file, Span<byte> free, long position, long length)
    {
        var count = (int)Math.Min(free.Length, length - position);
        file.ReadExactly(position, free[..count]);
        _bytesScanned += count;
        return count;
    }

    // How much of the next batch is needed to tell whether one whose CRC nobody checked may stay.
    private int LookAhead => options.HoldsSoundCrcs ? 0 : BatchHeader.Size;

    private int TakeBatches(Segment segment, ReadOnlySpan<byte> bytes, long recoveryPoint)
    {
        var used = 0;
        while (BatchBytes(bytes[used..]) is > 0 and var size)
        {
            var header = new BatchHeader(bytes[used..]);
            if (header.BaseOffset < segment.NextOffset) break; // Compaction leaves gaps, never overlaps.
            if (segment.NextOffset < recoveryPoint && !IsPlausible(header, segment.NextOffset, bytes[(used + size)..], recoveryPoint)) break;
            segment.Append(header);
            used += size;
        }

        return used;
    }

    /// <summary>Whether a batch that was durable is where its header says: a CRC does not cover its base offset, but what follows tells.</summary>
    private static bool IsPlausible(BatchHeader header, long expected, ReadOnlySpan<byte> rest, long recoveryPoint)
    {
        if (header.NextOffset > recoveryPoint) return false;
        if (header.BaseOffset == expected || rest.Length < BatchHeader.Size) return true;

        var next = new BatchHeader(rest);
        return next.Magic == 2 && next.BaseOffset >= header.NextOffset;
    }

    /// <summary>The size of the batch to be kept that the bytes start with, or 0.</summary>
    /// <remarks>
    /// Where CRCs are not checked on append, a wrong one may be what a producer sent, and cutting there would lose others'
    /// batches behind it. It is taken for a torn tail only when no batch goes on from it.
    /// </remarks>
    private int BatchBytes(ReadOnlySpan<byte> bytes)
    {
        if (BatchCheck.SoundBatchBytes(bytes) is > 0 and var sound) return sound;
        if (options.HoldsSoundCrcs || BatchCheck.WholeBatchBytes(bytes) is not (> 0 and var size) || bytes.Length < size + LookAhead) return 0;

        var next = new BatchHeader(bytes[size..]);
        var goesOn = next.Magic == 2 && next.SizeBytes >= BatchHeader.Size && next.BaseOffset == new BatchHeader(bytes).NextOffset;
        return goesOn ? size : 0;
    }
}
