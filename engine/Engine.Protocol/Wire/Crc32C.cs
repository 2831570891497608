using System.Numerics;

namespace Engine.Protocol.Wire;

/// <summary>CRC-32C (Castagnoli), the checksum of record batches. Source: RFC 3720, appendix B.4.</summary>
public static class Crc32C
{
    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes) crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}
