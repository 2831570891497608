using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace Engine.Protocol.Wire;

/// <summary>A cursor over one message's bytes that reads the protocol's types, in the old and the compact
/// encoding.</summary>
/// <remarks>
/// Never reads past its span and never trusts a length: a count is bounded by the bytes that are left before anything is
/// allocated for it. All failures are <see cref="WireException"/>. <c>flexible</c> says which encoding this message version
/// has (KIP-482), so that a message definition reads the same for all its versions.
/// </remarks>
public ref struct WireReader(ReadOnlySpan<byte> bytes, bool flexible = false)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Whether strings, arrays and bytes are compact and structures end in tagged fields.</summary>
    public bool Flexible { get; set; } = flexible;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    public readonly int Remaining => _bytes.Length - Position;

    public bool ReadBool() => ReadInt8() != 0;

    public sbyte ReadInt8() => (sbyte)Take(1)[0];

    public short ReadInt16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    public double ReadFloat64() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>A topic id: 16 bytes, most significant first.</summary>
    public Guid ReadUuid() => new(Take(16), bigEndian: true);

    /// <summary>A base-128 number, least significant group first, of at most five bytes.</summary>
    public uint ReadUnsignedVarint()
    {
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = Take(1)[0];
            if (shift == 28 && next > 0x0f) break;
            value |= (uint)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }

        throw new WireException("a varint runs over 32 bits");
    }

    /// <summary>A zig-zag number of up to 32 bits, as records have them.</summary>
    public int ReadVarint()
    {
        var value = ReadUnsignedVarint();
        return (int)(value >> 1) ^ -(int)(value & 1);
    }

    /// <summary>A zig-zag number of up to 64 bits.</summary>
    public long ReadVarlong()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Take(1)[0];
            if (shift == 63 && next > 1) break;
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return (long)(value >> 1) ^ -(long)(value & 1);
        }

        throw new WireException("a varint runs over 64 bits");
    }

    /// <summary>Bytes after a zig-zag length, in place, as records have them; empty when null.</summary>
    public ReadOnlySpan<byte> ReadVarintBytes(out bool isNull)
    {
        var length = ReadVarint();
        isNull = length == -1;
        return isNull ? default : Take(length);
    }

    public string ReadString() => ReadNullableString() ?? throw new WireException("a string is null that may not be");

    public string? ReadNullableString()
    {
        var length = ReadLength(Flexible, shortLength: true);
        return length < 0 ? null : Encoding.UTF8.GetString(Take(length));
    }

    /// <summary>A string's UTF-8 bytes, in place.</summary>
    public ReadOnlySpan<byte> ReadStringBytes()
    {
        var length = ReadLength(Flexible, shortLength: true);
        return length < 0 ? throw new WireException("a string is null that may not be") : Take(length);
    }

    public void SkipNullableString() => Take(Math.Max(0, ReadLength(Flexible, shortLength: true)));

    /// <summary>Bytes or records in place; empty when null.</summary>
    public ReadOnlySpan<byte> ReadNullableBytes(out bool isNull)
    {
        var length = ReadLength(Flexible, shortLength: false);
        isNull = length < 0;
        return isNull ? default : Take(length);
    }

    /// <summary>An array's count, or -1 for null; never more items than the remaining bytes can hold.</summary>
    /// <param name="minItemBytes">What an item takes at least.</param>
    public int ReadArrayLength(int minItemBytes = 1)
    {
        var count = Flexible ? (int)Math.Min(ReadUnsignedVarint(), int.MaxValue) - 1 : ReadInt32();
        if (count < -1 || (long)count * Math.Max(1, minItemBytes) > Remaining)
            throw new WireException($"an array of {count} items does not fit in {Remaining} bytes");
        return count;
    }

    /// <summary>The count of an array that may not be null, bounded as <see cref="ReadArrayLength"/> does.</summary>
    public int ReadCount(int minItemBytes = 1)
    {
        var count = ReadArrayLength(minItemBytes);
        return count >= 0 ? count : throw new WireException("an array is null that may not be");
    }

    /// <summary>An array of structures, each read by <paramref name="item"/>; it grows as items arrive, whatever its count
    /// claims.</summary>
    public List<T> ReadList<T>(short version, WireItemReader<T> item) =>
        ReadNullableList(version, item) ?? throw new WireException("an array is null that may not be");

    public List<T>? ReadNullableList<T>(short version, WireItemReader<T> item)
    {
        var count = ReadArrayLength();
        if (count < 0) return null;

        var items = new List<T>();
        for (var i = 0; i < count; i++) items.Add(item(ref this, version));
        return items;
    }

    public int[] ReadInt32Array()
    {
        var items = new int[ReadCount(minItemBytes: 4)];
        foreach (ref var item in items.AsSpan()) item = ReadInt32();
        return items;
    }

    /// <summary>Ends a structure: skips its tagged fields when the encoding has them.</summary>
    public void EndStruct()
    {
        if (!Flexible) return;

        var count = ReadUnsignedVarint();
        for (var i = 0u; i < count; i++)
        {
            ReadTag(out var size);
            Take(size);
        }
    }

    /// <summary>Reads one tagged field's tag and size; the caller reads or skips that many bytes.</summary>
    public uint ReadTag(out int size)
    {
        var tag = ReadUnsignedVarint();
        var length = ReadUnsignedVarint();
        if (length > (uint)Remaining) throw new WireException($"a tagged field of {length} bytes does not fit in {Remaining}");
        size = (int)length;
        return tag;
    }

    /// <summary>The bytes from an earlier position up to this one.</summary>
    public readonly ReadOnlySpan<byte> Slice(int start) => _bytes[start..Position];

    public void Skip(int count) => Take(count);

    private int ReadLength(bool compact, bool shortLength)
    {
        var length = compact ? (long)ReadUnsignedVarint() - 1 : shortLength ? ReadInt16() : ReadInt32();
        if (length < -1 || length > Remaining) throw new WireException($"a field of {length} bytes does not fit in {Remaining}");
        return (int)length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)Remaining) throw EndsEarly(count);
        var taken = _bytes.Slice(Position, count);
        Position += count;
        return taken;
    }

    // Apart, so that the text is not built into every caller.
    private readonly WireException EndsEarly(int count) =>
        new(count < 0 ? $"a length of {count} bytes" : $"the message ends {count - Remaining} bytes early");
}

/// <summary>Reads one item of an array as it is in <paramref name="version"/> of its message.</summary>
public delegate T WireItemReader<out T>(ref WireReader reader, short version);

/// <summary>Bytes that are not the message they claim to be. The connection they came from is closed.</summary>
public sealed class WireException(string message) : Exception(message);
