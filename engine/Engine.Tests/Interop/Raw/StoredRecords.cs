using System.Text;
using Engine.Protocol.Records;

namespace Engine.Tests.Interop.Raw;

/// <summary>A record as a consumer sees it.</summary>
internal readonly record struct StoredRecord(long Offset, string Value);

/// <summary>Reads batches that came back. Values only: keys and headers are skipped.</summary>
internal static class StoredRecords
{
    /// <summary>How many bytes of whole, sound batches there are, and the offset after the last of them.</summary>
    public static int WholeBatchBytes(byte[] bytes, out long nextOffset)
    {
        nextOffset = -1;
        var position = 0;
        while (BatchCheck.SoundBatchBytes(bytes.AsSpan(position)) is > 0 and var size)
        {
            nextOffset = new BatchHeader(bytes.AsSpan(position)).NextOffset;
            position += size;
        }

        return position;
    }

    /// <summary>The whole batches one by one.</summary>
    public static IEnumerable<byte[]> Batches(byte[] bytes)
    {
        for (var position = 0; BatchCheck.SoundBatchBytes(bytes.AsSpan(position)) is > 0 and var size; position += size)
            yield return bytes[position..(position + size)];
    }

    /// <summary>The records of all whole batches, which must not be compressed.</summary>
    public static IEnumerable<StoredRecord> In(byte[] bytes) => Batches(bytes).SelectMany(OfBatch);

    private static List<StoredRecord> OfBatch(byte[] batch)
    {
        var records = new List<StoredRecord>();
        foreach (var record in new RecordReader(batch)) records.Add(new(record.Offset, Encoding.UTF8.GetString(record.Value)));
        return records;
    }
}
