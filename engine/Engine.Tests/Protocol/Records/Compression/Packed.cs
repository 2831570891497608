using System.Text;
using Engine.Protocol.Records;

namespace Engine.Tests.Protocol.Records.Compression;

/// <summary>One text, packed by other people's programs: gzip, lz4 and zstd on the command line, snappy-java raw and framed, and
/// the LZ4 stream of Kafka's Java client.</summary>
internal static class Packed
{
    public static readonly (string Name, CompressionCodec Codec)[] All =
    [
        ("gzip", CompressionCodec.Gzip), ("snappy-raw", CompressionCodec.Snappy), ("snappy-xerial", CompressionCodec.Snappy),
        ("lz4-bare", CompressionCodec.Lz4), ("lz4-independent", CompressionCodec.Lz4), ("lz4-kafka", CompressionCodec.Lz4),
        ("lz4-linked", CompressionCodec.Lz4), ("zstd", CompressionCodec.Zstd),
    ];

    /// <summary>What all of them unpack to: lines that repeat, and a little noise between them.</summary>
    public static byte[] Text { get; } = MakeText();

    public static byte[] Bytes(string name)
    {
        using var stream = typeof(Packed).Assembly.GetManifestResourceStream("packed/" + name) ?? throw new FileNotFoundException(name);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static byte[] MakeText()
    {
        var text = new List<byte>();
        var seed = 12345u;
        for (var i = 0; i < 6000; i++)
        {
            text.AddRange(Encoding.ASCII.GetBytes($"line {i % 97:D2} of a page; "));
            for (var noise = 0; i % 1000 == 999 && noise < 64; noise++)
            {
                seed = ((seed * 1103515245) + 12345) & int.MaxValue;
                text.Add((byte)(seed >> 16));
            }
        }

        return [.. text];
    }
}
