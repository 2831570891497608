using Engine.Protocol.Records;
using Engine.Storage.Cache;
using Engine.Storage.Soundness;

namespace Engine.Storage;

/// <summary>Finds batches in a log: by offset, by timestamp, or one after the other. Any number of threads at once.</summary>
internal sealed class LogReader(LogState log, IBatchCache cache)
{
    /// <inheritdoc cref="PartitionLog.Read"/>
    public ReadOutcome Read(long offset, long boundOffset, int maxBytes, bool atLeastOneBatch, bool mayWait, out LogSlice slice) =>
        Read(offset, boundOffset, maxBytes, atLeastOneBatch, mayWait, out slice, out _);

    /// <inheritdoc cref="PartitionLog.ReadOn"/>
    public ReadOutcome Read(long offset, long boundOffset, int maxBytes, bool atLeastOneBatch, bool mayWait, out LogSlice slice, out long next)
    {
        (slice, next) = (default, -1);
        while (true)
        {
            log.ThrowIfOffline();
            var version = cache.Version;
            // The end before the segments: then they hold at least what the end says.
            var end = log.EndOffset;
            var segments = log.Segments;
            if (offset < log.StartOffset || offset > end) return ReadOutcome.OutOfRange;

            var bound = Math.Min(boundOffset, end);
            if (offset >= bound) return ReadOutcome.Found;
            if (cache.TryGet(offset, bound, maxBytes, atLeastOneBatch, out slice)) return ReadOutcome.Found;

            var number = LogState.Find(segments, offset);
            if (number < 0 || !segments[number].File.TryRefer()) continue; // Dropped meanwhile: look again.

            // A closed segment ends where the next begins; the last one may have grown past what this read knows of.
            var nextBase = number + 1 < segments.Length ? segments[number + 1].BaseOffset : long.MaxValue;
            if (Read(segments[number], offset, bound, nextBase, maxBytes, atLeastOneBatch, mayWait, version, out slice, out next) is { } outcome) return outcome;
        }
    }

    /// <inheritdoc cref="PartitionLog.ReadRecords"/>
    public ReadOutcome ReadRecords(long offset, long boundOffset, int maxBytes, bool atLeastOneBatch, bool mayWait, out LogSlice slice)
    {
        while (true)
        {
            var outcome = Read(offset, boundOffset, maxBytes, atLeastOneBatch, mayWait, out slice);
            if (outcome != ReadOutcome.Found || slice.Length == 0) return outcome;
            if (!mayWait && !slice.IsAtHand(0, Math.Min(slice.Length, BatchHeader.Size)))
            {
                slice.Release();
                slice = default;
                return ReadOutcome.NotInMemory;
            }

            if (!BeginsEmpty(slice, out var next)) return outcome;
            slice.Release();
            offset = next;
        }
    }

    /// <inheritdoc cref="PartitionLog.VisitBatches"/>
    public void VisitBatches(long fromOffset, BatchVisitor visit)
    {
        log.ThrowIfOffline();
        var end = log.EndOffset;
        var segments = log.Segments;
        for (var i = Math.Max(0, LogState.Find(segments, fromOffset)); i < segments.Length; i++)
        {
            var from = Math.Max(fromOffset, segments[i].BaseOffset);
            if (from >= end) return;
            Look<int>(segments[i], segment =>
            {
                segment.VisitBatches(from, end, visit);
                return null;
            });
        }
    }

    /// <inheritdoc cref="PartitionLog.OffsetForTimestamp"/>
    public (long Offset, long Timestamp)? OffsetForTimestamp(long timestamp)
    {
        log.ThrowIfOffline();
        var start = log.StartOffset;
        foreach (var segment in log.Segments)
        {
            if (Look<(long, long)>(segment, found => TimestampLookup.First(found, timestamp, start)) is { } record) return record;
        }

        return null;
    }

    /// <inheritdoc cref="PartitionLog.MaxTimestamp"/>
    public (long Offset, long Timestamp)? MaxTimestamp()
    {
        log.ThrowIfOffline();
        var (start, largest) = (log.StartOffset, (Timestamp: -1L, Offset: -1L));
        foreach (var segment in log.Segments)
        {
            if (Look<(long Timestamp, long Offset)>(segment, found => TimestampLookup.Largest(found, start)) is { } found && found.Timestamp > largest.Timestamp)
                largest = found;
        }

        if (largest.Timestamp < 0) return null;
        if (OffsetForTimestamp(largest.Timestamp) is { } record) return record;

        // The largest may be that of a batch whose records compaction removed, which still counts for its segment's age.
        largest = (-1, -1);
        foreach (var segment in log.Segments)
        {
            if (Look<(long Timestamp, long Offset)>(segment, found => TimestampLookup.LargestOfRecords(found, start)) is { } found && found.Timestamp > largest.Timestamp)
                largest = found;
        }

        if (largest.Timestamp < 0) return null;
        // A producer's header may promise a younger record than its batch has: then the batch's last one stands for it.
        return OffsetForTimestamp(largest.Timestamp) ?? (largest.Offset, largest.Timestamp);
    }

    private static bool BeginsEmpty(in LogSlice slice, out long next)
    {
        Span<byte> bytes = stackalloc byte[BatchHeader.Size];
        next = 0;
        if (slice.Length < BatchHeader.Size) return false;

        if (slice.File is null) slice.Memory.Span[..BatchHeader.Size].CopyTo(bytes);
        else if (RandomAccess.Read(slice.File, bytes, slice.FilePosition) < bytes.Length) return false;
        var header = new BatchHeader(bytes);
        next = header.NextOffset;
        return header.RecordCount == 0;
    }

    /// <summary>Finds the stretch of the segment between the offsets, and gives up the caller's reference to its file.</summary>
    /// <returns>Null when the segment was dropped meanwhile.</returns>
    private ReadOutcome? Read(
        Segment segment, long offset, long bound, long nextBase, int maxBytes, bool atLeastOneBatch, bool mayWait, long version,
        out LogSlice slice, out long next)
    {
        (slice, next) = (default, -1);
        try
        {
            segment.File.Settle();
            if (!mayWait && !segment.File.IsOpen) return ReadOutcome.NotInMemory;
            if (!TryFind(segment, offset, mayWait, out var start, out var firstBytes)) return ReadOutcome.NotInMemory;
            var end = segment.SizeBytes;
            if (bound < nextBase && !TryFind(segment, bound, mayWait, out end, out _)) return ReadOutcome.NotInMemory;
            var all = end;
            if (!segment.Soundness.Knows(start, Math.Min(end, start + maxBytes)))
            {
                if (!mayWait) return ReadOutcome.NotInMemory;
                end = CheckedEnd(segment, start, end, maxBytes);
            }

            if (end - start > maxBytes && !TryShorten(segment, start, firstBytes, maxBytes, atLeastOneBatch, mayWait, out end)) return ReadOutcome.NotInMemory;
            if (end <= start) return ReadOutcome.Found;

            var count = (int)(end - start);
            var miss = new CacheMiss(segment.File, start, count, offset, version);
            if (cache.Fill(miss, mayWait, out slice) is { } filled) return filled;
            if (end == all) next = Math.Min(bound, nextBase);

            var reader = segment.File.Reader;
            if (mayWait) slice = reader.Read(start, count);
            else if (!reader.TryReadCached(start, count, out slice)) return ReadOutcome.NotInMemory;
            cache.Missed();
            return ReadOutcome.Found;
        }
        catch (DamagedLogException damaged) when (offset < damaged.Damage.Offset || offset >= damaged.Damage.NextOffset)
        {
            return null; // A damaged header led here. Now that this is known, another look finds the right place.
        }
        catch (Exception failure) when (LogState.IsEnvironmental(failure))
        {
            if (!log.Holds(segment)) return null;
            throw log.GoOffline("cannot be read", failure);
        }
        finally
        {
            segment.File.Dispose();
        }
    }

    /// <summary>Has what may be read checked; where the sound part of it ends, if that comes first.</summary>
    private static long CheckedEnd(Segment segment, long start, long end, int maxBytes)
    {
        if (end <= start) return end;
        var wanted = Math.Clamp(start + maxBytes, start + 1, end);
        var sound = segment.Soundness.Check(start, wanted);
        return sound < wanted ? sound : end;
    }

    private static bool TryFind(Segment segment, long offset, bool mayWait, out long position, out int batchBytes)
    {
        LogPosition boundary;
        var found = true;
        if (mayWait) boundary = segment.Find(offset, out batchBytes);
        else found = segment.TryFindCached(offset, out boundary, out batchBytes);
        position = boundary.Bytes;
        return found;
    }

    /// <summary>Where a read that begins at <paramref name="start"/> ends if it may not take all there is; false when that takes waiting.</summary>
    /// <remarks><paramref name="firstBytes"/> is the first batch's size where it is known, else 0.</remarks>
    private static bool TryShorten(
        Segment segment, long start, int firstBytes, int maxBytes, bool atLeastOneBatch, bool mayWait, out long end)
    {
        end = segment.BoundaryBefore(start + maxBytes, start);
        if (end > start) return true;

        // No boundary known within maxBytes: the first batch may be larger, or the index too sparse to tell.
        if (firstBytes == 0)
        {
            if (mayWait) firstBytes = segment.BatchBytes(start);
            else if (!segment.TryBatchBytes(start, mayWait: false, out firstBytes)) return false;
        }

        if (firstBytes <= maxBytes) end = start + maxBytes;
        else if (atLeastOneBatch) end = start + firstBytes;
        return true;
    }

    /// <summary>Looks into a segment while its file is kept open; null also when it was dropped meanwhile.</summary>
    private T? Look<T>(Segment segment, Func<Segment, T?> look)
        where T : struct
    {
        if (!segment.File.TryRefer()) return null;
        try
        {
            segment.File.Settle();
            return look(segment);
        }
        catch (Exception failure) when (LogState.IsEnvironmental(failure))
        {
            if (!log.Holds(segment)) return null;
            throw log.GoOffline("cannot be read", failure);
        }
        finally
        {
            segment.File.Dispose();
        }
    }
}
