using Engine.Core.Memory;
using Engine.Protocol.Records;
using Engine.Protocol.Wire;

namespace Engine.Storage;

/// <summary>Finds records by their timestamp within one segment. The only place where the log looks at records.</summary>
/// <remarks>
/// A compressed batch is not unpacked: it answers with its first offset, from which a consumer reads on until it meets the
/// record it asked for.
/// </remarks>
internal static class TimestampLookup
{
    /// <summary>The first record from <paramref name="start"/> on at least as young as <paramref name="timestamp"/>; null when the segment has none.</summary>
    public static (long Offset, long Timestamp)? First(Segment segment, long timestamp, long start)
    {
        if (segment.SizeBytes == 0 || segment.MaxTimestamp.Timestamp < timestamp || segment.NextOffset <= start) return null;

        var from = segment.Find(Math.Max(start, segment.Times.OffsetBefore(timestamp))).Bytes;
        var scan = new HeaderScan(segment.File, from, segment.SizeBytes, stackalloc byte[4096]);
        while (scan.MoveNext())
        {
            if (scan.Header.MaxTimestamp >= timestamp && FirstIn(segment.File, scan.Position, scan.Header, timestamp, start) is { } found) return found;
        }

        return null;
    }

    /// <summary>The largest timestamp of the segment's records from <paramref name="start"/> on, and the last offset of the batch
    /// that has it; a timestamp of -1 when there is none.</summary>
    public static (long Timestamp, long Offset) Largest(Segment segment, long start)
    {
        if (segment.SizeBytes == 0 || segment.NextOffset <= start) return (-1, -1);
        return segment.BaseOffset >= start ? segment.MaxTimestamp : LargestOfRecords(segment, start);
    }

    /// <summary>The same from the batches that have records, each of which is looked at.</summary>
    public static (long Timestamp, long Offset) LargestOfRecords(Segment segment, long start)
    {
        var largest = (Timestamp: -1L, Offset: -1L);
        if (segment.SizeBytes == 0 || segment.NextOffset <= start) return largest;

        var scan = new HeaderScan(segment.File, segment.Find(Math.Max(start, segment.BaseOffset)).Bytes, segment.SizeBytes, stackalloc byte[4096]);
        while (scan.MoveNext())
        {
            if (scan.Header.RecordCount == 0) continue;
            // In the batch that the log begins in, the youngest record may be one of those that were deleted.
            var youngest = scan.Header.BaseOffset >= start ? scan.Header.MaxTimestamp : LargestIn(segment.File, scan.Position, scan.Header, start);
            if (youngest > largest.Timestamp) largest = (youngest, scan.Header.LastOffset);
        }

        return largest;
    }

    private static long LargestIn(SegmentFile file, long position, BatchHeader header, long start)
    {
        if (header.Codec != CompressionCodec.None) return header.MaxTimestamp;

        using var block = BlockPool.Shared.Rent(header.SizeBytes);
        var batch = block.Bytes.AsSpan(0, header.SizeBytes);
        file.ReadExactly(position, batch);
        var largest = -1L;
        try
        {
            foreach (var record in new RecordReader(batch))
                if (record.Offset >= start) largest = Math.Max(largest, record.TimestampMs);
        }
        catch (WireException)
        {
            return header.MaxTimestamp;
        }

        return largest;
    }

    private static (long Offset, long Timestamp)? FirstIn(SegmentFile file, long position, BatchHeader header, long timestamp, long start)
    {
        var whole = (Math.Max(header.BaseOffset, start), header.BaseTimestamp >= timestamp ? header.BaseTimestamp : header.MaxTimestamp);
        if (header.Codec != CompressionCodec.None) return whole;

        using var block = BlockPool.Shared.Rent(header.SizeBytes);
        var batch = block.Bytes.AsSpan(0, header.SizeBytes);
        file.ReadExactly(position, batch);
        try
        {
            foreach (var record in new RecordReader(batch))
            {
                if (record.TimestampMs >= timestamp && record.Offset >= start) return (record.Offset, record.TimestampMs);
            }
        }
        catch (WireException)
        {
            // Records are stored as they came, whatever a producer put in them.
            return whole;
        }

        return null; // The header promised a younger record than there is.
    }
}
