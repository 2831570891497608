using System.Runtime.CompilerServices;
using Engine.Core;

namespace Engine.Protocol.Records;

/// <summary>Walks a batch's records as a consumer will, and says what is wrong with them. Allocates nothing, throws nothing.</summary>
/// <remarks>
/// What Kafka's LogValidator asks of a producer: as many records as counted, their offset deltas in order, timestamps within
/// the topic's limits, keys where the topic is compacted, and fields that fill their lengths and the batch to the byte.
/// </remarks>
public static class RecordWalk
{
    /// <param name="header">The batch's header, which has passed <see cref="BatchCheck"/>.</param>
    /// <param name="records">The records, not compressed.</param>
    /// <param name="maxTimestampMs">The largest timestamp among them, -1 when none has any: what the header should say.</param>
    /// <param name="problem">What is wrong, for the answer's error message; null when nothing is.</param>
    public static ErrorCode Check(
        in BatchHeader header, ReadOnlySpan<byte> records, in BatchLimits limits, out long maxTimestampMs, out string? problem)
    {
        var (count, baseTimestamp) = (header.RecordCount, header.BaseTimestamp);
        var position = 0;
        maxTimestampMs = -1;
        for (var i = 0; i < count; i++)
        {
            if (!TryVarint(records, ref position, out var length) || length <= 0 || length > records.Length - position)
                return Fail("a record's length does not fit the batch", out problem);

            var record = records.Slice(position, (int)length);
            position += (int)length;
            var at = 1; // The attributes, of which none are defined.
            if (!TryVarint(record, ref at, out var timestampDelta, bits: 64) || !TryVarint(record, ref at, out var offsetDelta))
                return Fail("a record ends before its fields do", out problem);
            if (offsetDelta != i) return Fail("the records' offset deltas are not in order", out problem);

            var timestamp = unchecked(baseTimestamp + timestampDelta);
            if (!limits.Allow(timestamp))
            {
                problem = "a record's timestamp is outside message.timestamp.before.max.ms and message.timestamp.after.max.ms";
                return ErrorCode.InvalidTimestamp;
            }

            if (timestamp > maxTimestampMs) maxTimestampMs = timestamp;
            if (!TrySkip(record, ref at, out var hasKey) || !TrySkip(record, ref at, out _) || !TrySkipHeaders(record, ref at))
                return Fail("a record's fields do not fit its length", out problem);
            if (at != record.Length) return Fail("a record's fields do not fill its length", out problem);
            if (limits.NeedsKeys && !hasKey) return Fail("a compacted topic takes no record without a key", out problem);
        }

        if (position != records.Length) return Fail("bytes follow the batch's records", out problem);

        problem = null;
        return ErrorCode.None;
    }

    /// <summary>Skips bytes after a zig-zag length, where -1 stands for null.</summary>
    private static bool TrySkip(ReadOnlySpan<byte> bytes, ref int position, out bool isPresent)
    {
        isPresent = false;
        if (!TryVarint(bytes, ref position, out var length) || length < -1 || length > bytes.Length - position) return false;

        isPresent = length >= 0;
        if (isPresent) position += (int)length;
        return true;
    }

    private static bool TrySkipHeaders(ReadOnlySpan<byte> bytes, ref int position)
    {
        if (!TryVarint(bytes, ref position, out var count) || count < 0) return false;

        for (; count > 0; count--)
            if (!TrySkip(bytes, ref position, out var hasKey) || !hasKey || !TrySkip(bytes, ref position, out _)) return false;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryVarint(ReadOnlySpan<byte> bytes, ref int position, out long value, int bits = 32)
    {
        // Nearly all are small: lengths, deltas, counts.
        if ((uint)position < (uint)bytes.Length && bytes[position] is < 0x80 and var only)
        {
            position++;
            value = (only >> 1) ^ -(only & 1);
            return true;
        }

        return TryLongVarint(bytes, ref position, bits, out value);
    }

    private static bool TryLongVarint(ReadOnlySpan<byte> bytes, ref int position, int bits, out long value)
    {
        var zigzag = 0UL;
        for (var shift = 0; shift < bits && position < bytes.Length; shift += 7)
        {
            var next = bytes[position++];
            if (bits - shift < 7 && next >> (bits - shift) != 0) break;
            zigzag |= (ulong)(next & 0x7f) << shift;
            if (next >= 0x80) continue;

            value = (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
            return true;
        }

        value = 0;
        return false;
    }

    private static ErrorCode Fail(string reason, out string? problem)
    {
        problem = reason;
        return ErrorCode.InvalidRecord;
    }
}
