using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Engine.Protocol.Wire;

/// <summary>CRC-32C (Castagnoli), the checksum of record batches. Source: RFC 3720, appendix B.4.</summary>
/// <remarks>
/// <para>Long inputs are folded with carry-less multiplication (Gopal et al., "Fast CRC Computation for Generic Polynomials
/// Using PCLMULQDQ Instruction", Intel 2009), 256 bytes a step where 512-bit registers can do it; what is left, and short
/// inputs, go through the CRC instruction. The checks for instructions are constants to the JIT.</para>
/// <para>Folding: a register holds 128 bits of message, and the message's remainder does not change when they are replaced
/// by themselves times x^d modulo P, d bits further on. Bits are reflected, so the low half holds the higher powers: it is
/// worth x^(64+d), the high half x^d. A carry-less product of reflected numbers comes out one bit low, and a 32-bit
/// reflected constant shifted up by one counts as itself times x^31, so both are right when the constants are x^(d+32) and
/// x^(d-32) modulo P, shifted up by one.</para>
/// </remarks>
public static class Crc32C
{
    private const uint ReflectedPolynomial = 0x82F63B78;

    private static readonly Vector128<ulong> Over128 = Distance(128);
    private static readonly Vector128<ulong> Over1024 = Distance(1024);
    private static readonly Vector256<ulong> Wide256 = Wide(Distance(256));
    private static readonly Vector256<ulong> Wide1024 = Wide(Distance(1024));
    private static readonly Vector512<ulong> Wider512 = Wider(Distance(512));
    private static readonly Vector512<ulong> Wider2048 = Wider(Distance(2048));

    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        if (Pclmulqdq.V512.IsSupported && bytes.Length >= 256) return Fold512(bytes);
        if (Pclmulqdq.V256.IsSupported && bytes.Length >= 128) return Fold256(bytes);
        if (Pclmulqdq.IsSupported && bytes.Length >= 128) return Fold128(bytes);
        return Words(bytes);
    }

    /// <summary>Eight bytes at a time through the processor's CRC instruction, or a table where it has none.</summary>
    internal static uint Words(ReadOnlySpan<byte> bytes) => ~Words(uint.MaxValue, bytes);

    /// <summary>Four 512-bit registers (VPCLMULQDQ), 256 bytes a step. Needs at least 256 bytes.</summary>
    internal static uint Fold512(ReadOnlySpan<byte> bytes)
    {
        ref var at = ref MemoryMarshal.GetReference(bytes);
        var a = Vector512.LoadUnsafe(ref at).AsUInt64() ^ Vector512.CreateScalar((ulong)uint.MaxValue);
        var b = Vector512.LoadUnsafe(ref at, 64).AsUInt64();
        var c = Vector512.LoadUnsafe(ref at, 128).AsUInt64();
        var d = Vector512.LoadUnsafe(ref at, 192).AsUInt64();
        var done = 256;
        for (var by = Wider2048; bytes.Length - done >= 256; done += 256)
        {
            ref var next = ref Unsafe.Add(ref at, done);
            a = Fold(a, by) ^ Vector512.LoadUnsafe(ref next).AsUInt64();
            b = Fold(b, by) ^ Vector512.LoadUnsafe(ref next, 64).AsUInt64();
            c = Fold(c, by) ^ Vector512.LoadUnsafe(ref next, 128).AsUInt64();
            d = Fold(d, by) ^ Vector512.LoadUnsafe(ref next, 192).AsUInt64();
        }

        var all = Fold(Fold(Fold(a, Wider512) ^ b, Wider512) ^ c, Wider512) ^ d;
        for (; bytes.Length - done >= 64; done += 64)
            all = Fold(all, Wider512) ^ Vector512.LoadUnsafe(ref Unsafe.Add(ref at, done)).AsUInt64();

        var low = Fold(all.GetLower().GetLower(), Over128) ^ all.GetLower().GetUpper();
        var high = Fold(Fold(low, Over128) ^ all.GetUpper().GetLower(), Over128) ^ all.GetUpper().GetUpper();
        return End(high, bytes[done..]);
    }

    /// <summary>Four 256-bit registers, 128 bytes a step. Needs at least 128 bytes.</summary>
    internal static uint Fold256(ReadOnlySpan<byte> bytes)
    {
        ref var at = ref MemoryMarshal.GetReference(bytes);
        var a = Vector256.LoadUnsafe(ref at).AsUInt64() ^ Vector256.CreateScalar((ulong)uint.MaxValue);
        var b = Vector256.LoadUnsafe(ref at, 32).AsUInt64();
        var c = Vector256.LoadUnsafe(ref at, 64).AsUInt64();
        var d = Vector256.LoadUnsafe(ref at, 96).AsUInt64();
        var done = 128;
        for (var by = Wide1024; bytes.Length - done >= 128; done += 128)
        {
            ref var next = ref Unsafe.Add(ref at, done);
            a = Fold(a, by) ^ Vector256.LoadUnsafe(ref next).AsUInt64();
            b = Fold(b, by) ^ Vector256.LoadUnsafe(ref next, 32).AsUInt64();
            c = Fold(c, by) ^ Vector256.LoadUnsafe(ref next, 64).AsUInt64();
            d = Fold(d, by) ^ Vector256.LoadUnsafe(ref next, 96).AsUInt64();
        }

        var all = Fold(Fold(Fold(a, Wide256) ^ b, Wide256) ^ c, Wide256) ^ d;
        return End(Fold(all.GetLower(), Over128) ^ all.GetUpper(), bytes[done..]);
    }

    /// <summary>Eight 128-bit registers (PCLMULQDQ), 128 bytes a step. Needs at least 128 bytes.</summary>
    internal static uint Fold128(ReadOnlySpan<byte> bytes)
    {
        ref var at = ref MemoryMarshal.GetReference(bytes);
        var a = Load(ref at, 0) ^ Vector128.CreateScalar((ulong)uint.MaxValue);
        var (b, c, d) = (Load(ref at, 16), Load(ref at, 32), Load(ref at, 48));
        var (e, f, g, h) = (Load(ref at, 64), Load(ref at, 80), Load(ref at, 96), Load(ref at, 112));
        var done = 128;
        for (var by = Over1024; bytes.Length - done >= 128; done += 128)
        {
            ref var next = ref Unsafe.Add(ref at, done);
            a = Fold(a, by) ^ Load(ref next, 0);
            b = Fold(b, by) ^ Load(ref next, 16);
            c = Fold(c, by) ^ Load(ref next, 32);
            d = Fold(d, by) ^ Load(ref next, 48);
            e = Fold(e, by) ^ Load(ref next, 64);
            f = Fold(f, by) ^ Load(ref next, 80);
            g = Fold(g, by) ^ Load(ref next, 96);
            h = Fold(h, by) ^ Load(ref next, 112);
        }

        var half = Fold(Fold(Fold(a, Over128) ^ b, Over128) ^ c, Over128) ^ d;
        var all = Fold(Fold(Fold(Fold(half, Over128) ^ e, Over128) ^ f, Over128) ^ g, Over128) ^ h;
        return End(all, bytes[done..]);
    }

    /// <summary>The folded register stands for all bytes before the rest, so the CRC of both in a row, begun at 0, is that
    /// of all.</summary>
    private static uint End(Vector128<ulong> folded, ReadOnlySpan<byte> rest)
    {
        var done = 0;
        for (; rest.Length - done >= 16; done += 16)
            folded = Fold(folded, Over128) ^ Load(ref MemoryMarshal.GetReference(rest), (nuint)done);

        var crc = BitOperations.Crc32C(BitOperations.Crc32C(0, folded.ToScalar()), folded.GetElement(1));
        return ~Words(crc, rest[done..]);
    }

    private static uint Words(uint crc, ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        foreach (var value in bytes[(words.Length * 8)..]) crc = BitOperations.Crc32C(crc, value);
        return crc;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Load(ref byte at, nuint offset) => Vector128.LoadUnsafe(ref at, offset).AsUInt64();

    // 0x00 multiplies the low halves, 0x11 the high halves of every 128-bit lane.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Fold(Vector128<ulong> value, Vector128<ulong> by) =>
        Pclmulqdq.CarrylessMultiply(value, by, 0x00) ^ Pclmulqdq.CarrylessMultiply(value, by, 0x11);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Fold(Vector256<ulong> value, Vector256<ulong> by) =>
        Pclmulqdq.V256.CarrylessMultiply(value, by, 0x00) ^ Pclmulqdq.V256.CarrylessMultiply(value, by, 0x11);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Fold(Vector512<ulong> value, Vector512<ulong> by) =>
        Pclmulqdq.V512.CarrylessMultiply(value, by, 0x00) ^ Pclmulqdq.V512.CarrylessMultiply(value, by, 0x11);

    /// <summary>The two constants that carry 128 bits of message <paramref name="bits"/> bits further on.</summary>
    private static Vector128<ulong> Distance(int bits) =>
        Vector128.Create((ulong)PowerOfX(bits + 32) << 1, (ulong)PowerOfX(bits - 32) << 1);

    /// <summary>x^n modulo the polynomial, reflected: bit 31 is x^0, a step to the right is times x.</summary>
    private static uint PowerOfX(int n)
    {
        var power = 1u << 31;
        for (; n > 0; n--) power = (power >> 1) ^ ((power & 1) != 0 ? ReflectedPolynomial : 0);
        return power;
    }

    private static Vector256<ulong> Wide(Vector128<ulong> lane) => Vector256.Create(lane, lane);

    private static Vector512<ulong> Wider(Vector128<ulong> lane) => Vector512.Create(Wide(lane), Wide(lane));
}
