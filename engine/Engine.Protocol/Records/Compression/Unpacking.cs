using Engine.Core.Memory;

namespace Engine.Protocol.Records.Compression;

/// <summary>What became of an attempt to unpack a batch's records.</summary>
public enum UnpackOutcome
{
    Done,

    /// <summary>The bytes are not what their codec writes.</summary>
    Malformed,

    /// <summary>They unpack to more than there may be.</summary>
    TooLarge,

    /// <summary>This machine has no decoder for the codec.</summary>
    Unsupported,
}

/// <summary>Unpacks the records of compressed batches.</summary>
/// <remarks>Never trusts a size that the bytes claim: what is not there is not allocated for, and a bomb ends at the limit.</remarks>
public static class Unpacking
{
    private const int SmallestGuessBytes = 64 << 10;

    /// <summary>Unpacks into a rented block, which is the caller's to return; null unless the outcome is
    /// <see cref="UnpackOutcome.Done"/>.</summary>
    /// <param name="packed">The bytes behind the batch's header.</param>
    /// <param name="maxBytes">The most they may unpack to.</param>
    public static UnpackOutcome Unpack(CompressionCodec codec, ReadOnlySpan<byte> packed, int maxBytes, out Block? block, out int length)
    {
        // Text packs to a quarter or less; wrong guesses cost another attempt, at most a third of the last one in sum.
        for (var guess = Math.Max(SmallestGuessBytes, 4L * packed.Length); ; guess *= 4)
        {
            var room = (int)Math.Min(guess, maxBytes);
            block = BlockPool.Shared.Rent(room);
            var outcome = Unpack(codec, packed, block.Bytes.AsSpan(0, room), out length);
            if (outcome == UnpackOutcome.Done) return outcome;

            block.Dispose();
            block = null;
            if (outcome != UnpackOutcome.TooLarge || room == maxBytes) return outcome;
        }
    }

    /// <summary>Unpacks into memory that there is; <see cref="UnpackOutcome.TooLarge"/> when it does not suffice.</summary>
    public static UnpackOutcome Unpack(CompressionCodec codec, ReadOnlySpan<byte> packed, Span<byte> into, out int length)
    {
        length = 0;
        return codec switch
        {
            CompressionCodec.Gzip => GzipCodec.Unpack(packed, into, out length),
            CompressionCodec.Snappy => SnappyCodec.Unpack(packed, into, out length),
            CompressionCodec.Lz4 => Lz4Codec.Unpack(packed, into, out length),
            CompressionCodec.Zstd => ZstdCodec.Unpack(packed, into, out length),
            _ => UnpackOutcome.Unsupported,
        };
    }

    /// <summary>Repeats what was written <paramref name="distance"/> bytes before: the step all of these formats share.</summary>
    /// <remarks>The two may overlap, and then bytes written here are repeated again: that is how runs are packed.</remarks>
    internal static void Repeat(Span<byte> into, int position, int distance, int count)
    {
        if (distance >= count)
        {
            into.Slice(position - distance, count).CopyTo(into[position..]);
            return;
        }

        if (distance == 1)
        {
            into.Slice(position, count).Fill(into[position - 1]);
            return;
        }

        for (var end = position + count; position < end; position++) into[position] = into[position - distance];
    }
}
