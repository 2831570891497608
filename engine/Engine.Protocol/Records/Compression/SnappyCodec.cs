using System.Buffers.Binary;

namespace Engine.Protocol.Records.Compression;

/// <summary>Snappy: one raw block, as librdkafka sends it, or blocks in the framing of xerial's snappy-java, as the Java client
/// does.</summary>
/// <remarks>Source: google/snappy's format_description.txt; snappy-java's SnappyOutputStream.</remarks>
internal static class SnappyCodec
{
    private const int XerialHeaderBytes = 16; // magic, int32 version, int32 oldest version that can read it

    // A copy of three bytes yields 64 at most, so a larger claim is a lie that would only have memory made for it.
    private const int MostExpansion = 22;

    private static ReadOnlySpan<byte> XerialMagic => [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0];

    public static UnpackOutcome Unpack(ReadOnlySpan<byte> packed, Span<byte> into, out int length)
    {
        if (!packed.StartsWith(XerialMagic)) return UnpackBlock(packed, into, out length);

        length = 0;
        if (packed.Length < XerialHeaderBytes) return UnpackOutcome.Malformed;
        for (packed = packed[XerialHeaderBytes..]; packed.Length > 0;)
        {
            if (packed.Length < sizeof(int)) return UnpackOutcome.Malformed;
            var size = BinaryPrimitives.ReadInt32BigEndian(packed);
            if (size <= 0 || size > packed.Length - sizeof(int)) return UnpackOutcome.Malformed;

            var outcome = UnpackBlock(packed.Slice(sizeof(int), size), into[length..], out var written);
            if (outcome != UnpackOutcome.Done) return outcome;
            length += written;
            packed = packed[(sizeof(int) + size)..];
        }

        return UnpackOutcome.Done;
    }

    private static UnpackOutcome UnpackBlock(ReadOnlySpan<byte> packed, Span<byte> into, out int length)
    {
        length = 0;
        if (!TryReadLength(packed, out var position, out var total)) return UnpackOutcome.Malformed;
        if (total > (long)packed.Length * MostExpansion) return UnpackOutcome.Malformed;
        if (total > into.Length) return UnpackOutcome.TooLarge;

        while (position < packed.Length)
        {
            var tag = packed[position++];
            if ((tag & 3) == 0)
            {
                var extra = Math.Max(0, (tag >> 2) - 59); // 60 to 63: the length follows in one to four bytes
                if (extra > packed.Length - position) return UnpackOutcome.Malformed;
                var count = (extra == 0 ? tag >> 2 : Little(packed.Slice(position, extra))) + 1;
                position += extra;
                if (count > packed.Length - position || count > total - length) return UnpackOutcome.Malformed;
                packed.Slice(position, (int)count).CopyTo(into[length..]);
                position += (int)count;
                length += (int)count;
            }
            else
            {
                var bytes = (tag & 3) == 3 ? 4 : tag & 3;
                if (bytes > packed.Length - position) return UnpackOutcome.Malformed;
                var distance = Little(packed.Slice(position, bytes));
                position += bytes;
                var count = (tag >> 2) + 1;
                if (bytes == 1)
                {
                    distance |= (long)(tag >> 5) << 8;
                    count = ((tag >> 2) & 7) + 4;
                }

                if (distance == 0 || distance > length || count > total - length) return UnpackOutcome.Malformed;
                Unpacking.Repeat(into, length, (int)distance, count);
                length += count;
            }
        }

        return length == total ? UnpackOutcome.Done : UnpackOutcome.Malformed;
    }

    private static bool TryReadLength(ReadOnlySpan<byte> packed, out int position, out long length)
    {
        length = 0;
        for (position = 0; position < Math.Min(5, packed.Length);)
        {
            var next = packed[position];
            length |= (long)(next & 0x7f) << (7 * position++);
            if (next < 0x80) return true;
        }

        return false;
    }

    private static long Little(ReadOnlySpan<byte> bytes)
    {
        var value = 0L;
        for (var i = bytes.Length - 1; i >= 0; i--) value = (value << 8) | bytes[i];
        return value;
    }
}
