using System.Buffers.Binary;

namespace Engine.Protocol.Records.Compression;

/// <summary>LZ4 in its frame format, which all clients send for batches of format v2.</summary>
/// <remarks>Source: lz4's lz4_Frame_format.md (1.6) and lz4_Block_format.md. Checksums of header and blocks are checked as
/// consumers check them; that of the content is left to the batch's CRC, as Kafka leaves it.</remarks>
internal static class Lz4Codec
{
    private const uint Magic = 0x184D2204;
    private const int SmallestMatch = 4;
    private const uint IsStored = 0x8000_0000;

    public static UnpackOutcome Unpack(ReadOnlySpan<byte> packed, Span<byte> into, out int length)
    {
        length = 0;
        if (!TryReadHeader(packed, out var position, out var hasBlockSums, out var hasContentSum, out var mostBlockBytes))
            return UnpackOutcome.Malformed;

        while (true)
        {
            if (packed.Length - position < sizeof(uint)) return UnpackOutcome.Malformed;
            var head = BinaryPrimitives.ReadUInt32LittleEndian(packed[position..]);
            position += sizeof(uint);
            if (head == 0) break;

            var size = (long)(head & ~IsStored);
            if (size > mostBlockBytes || size + (hasBlockSums ? sizeof(uint) : 0) > packed.Length - position) return UnpackOutcome.Malformed;
            var block = packed.Slice(position, (int)size);
            position += (int)size;
            if (hasBlockSums)
            {
                if (XxHash32.Compute(block) != BinaryPrimitives.ReadUInt32LittleEndian(packed[position..])) return UnpackOutcome.Malformed;
                position += sizeof(uint);
            }

            // Blocks may repeat what earlier ones hold, so they unpack into one piece of memory.
            var start = length;
            var outcome = (head & IsStored) != 0 ? Copy(block, into, ref length) : UnpackBlock(block, into, ref length);
            if (outcome != UnpackOutcome.Done) return outcome;
            if (length - start > mostBlockBytes) return UnpackOutcome.Malformed;
        }

        return packed.Length - position == (hasContentSum ? sizeof(uint) : 0) ? UnpackOutcome.Done : UnpackOutcome.Malformed;
    }

    private static bool TryReadHeader(
        ReadOnlySpan<byte> packed, out int position, out bool hasBlockSums, out bool hasContentSum, out int mostBlockBytes)
    {
        (position, hasBlockSums, hasContentSum, mostBlockBytes) = (0, false, false, 0);
        if (packed.Length < 7 || BinaryPrimitives.ReadUInt32LittleEndian(packed) != Magic) return false;

        var (flags, limits) = (packed[4], packed[5]);
        var blockSizeCode = (limits >> 4) & 7;
        var hasDictionary = (flags & 0x01) != 0; // Nobody could say which.
        if (flags >> 6 != 1 || (flags & 0x02) != 0 || hasDictionary || (limits & 0x8f) != 0 || blockSizeCode < 4) return false;

        hasBlockSums = (flags & 0x10) != 0;
        hasContentSum = (flags & 0x04) != 0;
        mostBlockBytes = 1 << (8 + (2 * blockSizeCode)); // 4 to 7: 64 KiB, 256 KiB, 1 MiB, 4 MiB
        position = 6 + ((flags & 0x08) != 0 ? sizeof(ulong) : 0); // The content's size is only a claim.
        if (position >= packed.Length) return false;
        return packed[position] == (byte)(XxHash32.Compute(packed[4..position++]) >> 8);
    }

    private static UnpackOutcome Copy(ReadOnlySpan<byte> block, Span<byte> into, ref int length)
    {
        if (block.Length > into.Length - length) return UnpackOutcome.TooLarge;
        block.CopyTo(into[length..]);
        length += block.Length;
        return UnpackOutcome.Done;
    }

    private static UnpackOutcome UnpackBlock(ReadOnlySpan<byte> block, Span<byte> into, ref int length)
    {
        var position = 0;
        while (position < block.Length)
        {
            var token = block[position++];
            if (!TryReadCount(block, ref position, token >> 4, out var literals) || literals > block.Length - position)
                return UnpackOutcome.Malformed;
            if (literals > into.Length - length) return UnpackOutcome.TooLarge;
            block.Slice(position, literals).CopyTo(into[length..]);
            position += literals;
            length += literals;
            if (position == block.Length) return UnpackOutcome.Done; // The last sequence has literals only.

            if (block.Length - position < sizeof(ushort)) return UnpackOutcome.Malformed;
            var distance = BinaryPrimitives.ReadUInt16LittleEndian(block[position..]);
            position += sizeof(ushort);
            if (distance == 0 || distance > length) return UnpackOutcome.Malformed;
            if (!TryReadCount(block, ref position, token & 15, out var match)) return UnpackOutcome.Malformed;
            match += SmallestMatch;
            if (match > into.Length - length) return UnpackOutcome.TooLarge;
            Unpacking.Repeat(into, length, distance, match);
            length += match;
        }

        return UnpackOutcome.Malformed; // It ends in a match, or is empty.
    }

    /// <summary>Four bits of a token, and bytes to be added while they are 255. A block of 4 MiB keeps the sum below 2^31.</summary>
    private static bool TryReadCount(ReadOnlySpan<byte> block, ref int position, int count, out int total)
    {
        total = count;
        if (count < 15) return true;

        while (position < block.Length)
        {
            var next = block[position++];
            total += next;
            if (next < 255) return true;
        }

        return false;
    }
}
