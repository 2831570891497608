using System.Runtime.Intrinsics.X86;
using System.Text;
using Engine.Protocol.Wire;

namespace Engine.Tests.Protocol.Wire;

public sealed class Crc32CTests
{
    private delegate uint Path(ReadOnlySpan<byte> bytes);

    // From RFC 3720, appendix B.4, and the check value of the CRC catalogues.
    [Theory]
    [InlineData("313233343536373839", 0xE3069283)]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", 0x8A9136AA)]
    [InlineData("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", 0x62A8AB43)]
    [InlineData("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", 0x46DD794E)]
    [InlineData("", 0x00000000)]
    public void Compute_PublishedVectors_Match(string hex, uint expected) =>
        Assert.Equal(expected, Crc32C.Compute(Convert.FromHexString(hex)));

    [Fact]
    public void Compute_EveryPathLengthAndAlignment_EqualsBitByBit()
    {
        var bytes = new byte[5000];
        new Random(1).NextBytes(bytes);
        List<(Path Path, int MinBytes, bool Supported)> paths =
        [
            (Crc32C.Compute, 0, true),
            (Crc32C.Words, 0, true),
            (Crc32C.Fold128, 128, Pclmulqdq.IsSupported),
            (Crc32C.Fold256, 128, Pclmulqdq.V256.IsSupported),
            (Crc32C.Fold512, 256, Pclmulqdq.V512.IsSupported),
        ];

        int[] lengths = [.. Enumerable.Range(0, 700), 1023, 1024, 1025, 2048, 4095, 4096, 4900];
        foreach (var length in lengths)
        {
            foreach (var start in (int[])[0, 1, 7, 8, 21, 63])
            {
                var part = bytes.AsSpan(start, length);
                var expected = BitByBit(part);
                foreach (var (path, minBytes, supported) in paths)
                    if (supported && length >= minBytes) Assert.Equal(expected, path(part));
            }
        }
    }

    [Fact]
    public void Compute_AnyBitFlipped_Differs()
    {
        var bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("some record bytes;", 40)));
        var whole = Crc32C.Compute(bytes);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(whole, Crc32C.Compute(bytes));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    private static uint BitByBit(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78 : 0);
        }

        return ~crc;
    }
}
