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
    /// <summary>The first record in the segment at least as young as <paramref name="timestamp"/>; null when there is none.</summary>
    public static (long Offset, long Timestamp)? First(Segment segment, long timestamp)
    {
        if (segment.SizeBytes == 0 || segment.MaxTimestamp.Timestamp < timestamp) return null;

        var from = segment.Find(segment.Times.OffsetBefore(timestamp)).Bytes;
        var scan = new HeaderScan(segment.File, from, segment.SizeBytes, stackalloc byte[4096]);
        while (scan.MoveNext())
        {
            if (scan.Header.MaxTimestamp >= timestamp && FirstIn(segment.File, scan.Position, scan.Header, timestamp) is { } found) return found;
        }

        return null;
    }

    private static (long Offset, long Timestamp)? FirstIn(SegmentFile file, long position, BatchHeader header, long timestamp)
    {
        var whole = (header.BaseOffset, header.BaseTimestamp >= timestamp ? header.BaseTimestamp : header.MaxTimestamp);
        if (header.Codec != CompressionCodec.None) return whole;

        using var block = BlockPool.Shared.Rent(header.SizeBytes);
        var batch = block.Bytes.AsSpan(0, header.SizeBytes);
        file.ReadExactly(position, batch);
        try
        {
            foreach (var record in new RecordReader(batch))
            {
                if (record.TimestampMs >= timestamp) return (record.Offset, record.TimestampMs);
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
