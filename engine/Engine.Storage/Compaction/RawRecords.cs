using System.Runtime.CompilerServices;

namespace Engine.Storage.Compaction;

/// <summary>Goes through a batch's records, not compressed, without ever reading past them or throwing.</summary>
/// <remarks>Looks no further into a record than its value's length: what follows is copied as it is.</remarks>
internal ref struct RawRecords(ReadOnlySpan<byte> records, int count)
{
    private readonly ReadOnlySpan<byte> _records = records;
    private int _left = count;
    private int _position;

    public RawRecord Current { get; private set; }

    /// <summary>After the last record: whether they were all sound and filled the batch.</summary>
    public readonly bool IsSound => _left == 0 && _position == _records.Length;

    public bool MoveNext()
    {
        var start = _position;
        var at = start;
        if (_left <= 0 || !TryVarint(_records, ref at, out var length) || length < 1 || length > _records.Length - at) return false;

        var body = _records.Slice(at, (int)length);
        var next = at + (int)length;
        at = 1; // behind the attributes
        if (!TryVarint(body, ref at, out var timestampDelta)) return false;
        var afterTimestamp = at;
        if (!TryVarint(body, ref at, out var offsetDelta) || !TryVarint(body, ref at, out var keyLength)) return false;
        if (keyLength < -1 || keyLength > body.Length - at) return false;
        var key = keyLength < 0 ? default : body.Slice(at, (int)keyLength);
        at += key.Length;
        if (!TryVarint(body, ref at, out var valueLength) || valueLength < -1 || valueLength > body.Length - at) return false;

        Current = new RawRecord(
            _records[start..next], timestampDelta, offsetDelta, keyLength >= 0, key, valueLength >= 0, body[0], body[afterTimestamp..]);
        _position = next;
        _left--;
        return true;
    }

    private static bool TryVarint(ReadOnlySpan<byte> bytes, ref int position, out long value)
    {
        ulong bits = 0;
        for (var shift = 0; shift < 64 && position < bytes.Length; shift += 7)
        {
            var next = bytes[position++];
            bits |= (ulong)(next & 0x7f) << shift;
            if (next >= 0x80) continue;

            value = (long)(bits >> 1) ^ -(long)(bits & 1);
            return true;
        }

        value = 0;
        return false;
    }
}

/// <summary>One record in place.</summary>
internal readonly ref struct RawRecord(
    ReadOnlySpan<byte> bytes, long timestampDelta, long offsetDelta, bool hasKey, ReadOnlySpan<byte> key, bool hasValue, byte attributes, ReadOnlySpan<byte> tail)
{
    /// <summary>All of it, its length included.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public long TimestampDelta { get; } = timestampDelta;

    public long OffsetDelta { get; } = offsetDelta;

    public bool HasKey { get; } = hasKey;

    public ReadOnlySpan<byte> Key { get; } = key;

    /// <summary>False for a record that deletes its key.</summary>
    public bool HasValue { get; } = hasValue;

    /// <summary>What follows the timestamp: offset, key, value, headers.</summary>
    public ReadOnlySpan<byte> Tail { get; } = tail;

    /// <summary>Writes the record with another timestamp delta.</summary>
    /// <returns>The bytes written.</returns>
    public int CopyTo(Span<byte> target, long newTimestampDelta)
    {
        var delta = ZigZag(newTimestampDelta);
        var position = WriteVarint(target, 0, ZigZag(1 + VarintBytes(delta) + Tail.Length));
        target[position++] = attributes;
        position = WriteVarint(target, position, delta);
        Tail.CopyTo(target[position..]);
        return position + Tail.Length;
    }

    private static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    private static int VarintBytes(ulong value)
    {
        var bytes = 1;
        for (; value >= 0x80; value >>= 7) bytes++;
        return bytes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int WriteVarint(Span<byte> target, int position, ulong value)
    {
        for (; value >= 0x80; value >>= 7) target[position++] = (byte)(value | 0x80);
        target[position++] = (byte)value;
        return position;
    }
}
