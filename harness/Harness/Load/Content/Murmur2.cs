using System.Buffers.Binary;

namespace Harness.Load.Content;

/// <summary>The hash by which Kafka's own producer spreads keyed records, so that ours land where its would.</summary>
/// <remarks>Austin Appleby's MurmurHash2, 32 bits, with Kafka's seed.</remarks>
internal static class Murmur2
{
    private const uint Seed = 0x9747b28c;
    private const uint M = 0x5bd1e995;

    public static uint Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = Seed ^ (uint)bytes.Length;
        for (; bytes.Length >= 4; bytes = bytes[4..])
        {
            var k = BinaryPrimitives.ReadUInt32LittleEndian(bytes) * M;
            hash = (hash * M) ^ ((k ^ (k >> 24)) * M);
        }

        if (bytes.Length == 3) hash ^= (uint)bytes[2] << 16;
        if (bytes.Length >= 2) hash ^= (uint)bytes[1] << 8;
        if (bytes.Length >= 1) hash = (hash ^ bytes[0]) * M;
        hash = (hash ^ (hash >> 13)) * M;
        return hash ^ (hash >> 15);
    }

    /// <summary>The partition of a key. Kafka drops the sign bit instead of taking the absolute value.</summary>
    public static int Partition(ReadOnlySpan<byte> key, int partitionCount) => (int)((Hash(key) & 0x7fff_ffff) % (uint)partitionCount);
}
