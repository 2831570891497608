using Engine.Protocol.Records;

namespace Engine.Storage.Compaction;

/// <summary>What one run over a log is about: which segments, and what their headers tell before any record is read.</summary>
/// <param name="Segments">The segments to go through, from the log's first on; all closed and flushed.</param>
/// <param name="FirstDirty">The first of them that holds records not compacted yet.</param>
internal sealed record CompactionPlan(Segment[] Segments, int FirstDirty)
{
    public long DirtyBytes => Segments.Skip(FirstDirty).Sum(segment => segment.SizeBytes);

    public double DirtyRatio => Segments.Length == 0 ? 0 : DirtyBytes / (double)Math.Max(1, Segments.Sum(segment => segment.SizeBytes));

    /// <summary>Takes closed segments up to the first that may not be touched.</summary>
    /// <param name="segments">The log's, the last one growing.</param>
    /// <param name="cleanedOffset">What lies before it is compacted already.</param>
    /// <param name="belowOffset">What lies behind it is not committed.</param>
    /// <param name="youngest">The youngest timestamp that a segment may have, in Unix milliseconds.</param>
    public static CompactionPlan Make(Segment[] segments, long cleanedOffset, long belowOffset, long youngest)
    {
        var count = 0;
        while (count < segments.Length - 1 && segments[count] is var segment
            && segment.IsFlushed && segment.NextOffset <= belowOffset
            && (segment.NextOffset <= cleanedOffset || youngest == long.MaxValue || segment.MaxTimestamp.Timestamp <= youngest)) count++;
        var firstDirty = 0;
        while (firstDirty < count && segments[firstDirty].NextOffset <= cleanedOffset) firstDirty++;
        return firstDirty == count ? new CompactionPlan([], 0) : new CompactionPlan(segments[..count], firstDirty);
    }

    /// <summary>How many records are new, and the last offset of each producer.</summary>
    public (long DirtyRecords, Dictionary<long, long> ProducerEnds) ReadHeaders(ByteRate rate)
    {
        var (records, producers) = (0L, new Dictionary<long, long>());
        Span<byte> window = stackalloc byte[4096];
        for (var i = 0; i < Segments.Length; i++)
        {
            var segment = Segments[i];
            if (!segment.File.TryRefer()) continue; // Dropped meanwhile: nothing will be made of it.
            try
            {
                var scan = new HeaderScan(segment.File, 0, segment.SizeBytes, window);
                while (scan.MoveNext())
                {
                    rate.Spend(BatchHeader.Size);
                    if (i >= FirstDirty) records += scan.Header.RecordCount;
                    if (scan.Header.ProducerId >= 0) producers[scan.Header.ProducerId] = scan.Header.LastOffset;
                }
            }
            finally
            {
                segment.File.Dispose();
            }
        }

        return (records, producers);
    }
}
