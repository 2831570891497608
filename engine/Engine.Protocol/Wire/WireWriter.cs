using System.Buffers.Binary;
using System.Text;

namespace Engine.Protocol.Wire;

/// <summary>A cursor that writes the protocol's types into a buffer that grows, in the old and the compact
/// encoding.</summary>
/// <remarks>The buffer is the caller's and is reused between messages; after warm-up writing allocates nothing.</remarks>
public ref struct WireWriter(WireBuffer buffer, bool flexible = false)
{
    private readonly WireBuffer _buffer = buffer;

    /// <summary>Whether strings, arrays and bytes are compact and structures end in tagged fields.</summary>
    public bool Flexible { get; set; } = flexible;

    /// <summary>Bytes in the buffer so far.</summary>
    public readonly int Position => _buffer.Length;

    public readonly void WriteBool(bool value) => WriteInt8(value ? (sbyte)1 : (sbyte)0);

    public readonly void WriteInt8(sbyte value) => _buffer.Take(1)[0] = (byte)value;

    public readonly void WriteInt16(short value) => BinaryPrimitives.WriteInt16BigEndian(_buffer.Take(2), value);

    public readonly void WriteInt32(int value) => BinaryPrimitives.WriteInt32BigEndian(_buffer.Take(4), value);

    public readonly void WriteInt64(long value) => BinaryPrimitives.WriteInt64BigEndian(_buffer.Take(8), value);

    public readonly void WriteFloat64(double value) => BinaryPrimitives.WriteDoubleBigEndian(_buffer.Take(8), value);

    public readonly void WriteUuid(Guid value) => value.TryWriteBytes(_buffer.Take(16), bigEndian: true, out _);

    public readonly void WriteUnsignedVarint(uint value)
    {
        for (; value >= 0x80; value >>= 7) _buffer.Take(1)[0] = (byte)(value | 0x80);
        _buffer.Take(1)[0] = (byte)value;
    }

    public readonly void WriteString(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        WriteLength(length, shortLength: true);
        Encoding.UTF8.GetBytes(value, _buffer.Take(length));
    }

    public readonly void WriteNullableString(string? value)
    {
        if (value is null) WriteLength(-1, shortLength: true);
        else WriteString(value);
    }

    /// <summary>A string given as its UTF-8 bytes.</summary>
    public readonly void WriteStringBytes(ReadOnlySpan<byte> utf8)
    {
        WriteLength(utf8.Length, shortLength: true);
        WriteRaw(utf8);
    }

    public readonly void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteBytesLength(value.Length);
        WriteRaw(value);
    }

    /// <summary>The length prefix of a bytes or records field whose content follows by other means; -1 is null.</summary>
    public readonly void WriteBytesLength(int length) => WriteLength(length, shortLength: false);

    /// <summary>An array's count; -1 is null.</summary>
    public readonly void WriteArrayLength(int count)
    {
        if (Flexible) WriteUnsignedVarint((uint)(count + 1));
        else WriteInt32(count);
    }

    /// <summary>An array of structures, each written by <paramref name="item"/>; null is null.</summary>
    public void WriteList<T>(IReadOnlyList<T>? items, short version, WireItemWriter<T> item)
    {
        WriteArrayLength(items?.Count ?? -1);
        for (var i = 0; i < (items?.Count ?? 0); i++) item(items![i], ref this, version);
    }

    public readonly void WriteInt32Array(IReadOnlyList<int> items)
    {
        WriteArrayLength(items.Count);
        for (var i = 0; i < items.Count; i++) WriteInt32(items[i]);
    }

    /// <summary>Bytes as they are, without a length.</summary>
    public readonly void WriteRaw(ReadOnlySpan<byte> value) => value.CopyTo(_buffer.Take(value.Length));

    /// <summary>Ends a structure: an empty set of tagged fields when the encoding has them.</summary>
    public readonly void EndStruct()
    {
        if (Flexible) WriteUnsignedVarint(0);
    }

    /// <summary>Overwrites four bytes written earlier, for a length known only at the end.</summary>
    public readonly void PatchInt32(int position, int value) =>
        BinaryPrimitives.WriteInt32BigEndian(_buffer.Written.Slice(position, 4), value);

    private readonly void WriteLength(int length, bool shortLength)
    {
        if (Flexible) WriteUnsignedVarint((uint)(length + 1));
        else if (shortLength) WriteInt16(checked((short)length));
        else WriteInt32(length);
    }
}

/// <summary>Writes one item of an array as it is in <paramref name="version"/> of its message.</summary>
public delegate void WireItemWriter<in T>(T item, ref WireWriter writer, short version);

/// <summary>Bytes being written: one array that is reused and grows when it must. Not thread-safe.</summary>
public sealed class WireBuffer(int capacity = 1024)
{
    private byte[] _bytes = new byte[capacity];

    public int Length { get; private set; }

    /// <summary>What has been written, valid until the next write.</summary>
    public Span<byte> Written => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, Length);

    public void Clear() => Length = 0;

    internal Span<byte> Take(int count)
    {
        if (_bytes.Length - Length < count) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, checked(Length + count)));
        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }
}
