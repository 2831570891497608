using System.Buffers.Binary;
using System.IO.Compression;
using Engine.Core;
using Engine.Protocol.Records;
using Engine.Tests.Interop.Clients;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;
using Engine.Tests.Protocol.Records.Compression;

namespace Engine.Tests.Interop;

/// <summary>A node that looks at every record takes what real clients send, in every codec, and names what it refuses.</summary>
public sealed class RecordsCheckTests : IDisposable
{
    private readonly BrokerCluster _cluster = new(1, "--check-batches", "records(maxUnpacked=1MiB)");

    public void Dispose() => _cluster.Dispose();

    [ToolFact(ClientTool.Kcat)]
    public void Produce_EveryCodecOfLibrdkafka_IsTakenAndReadBack()
    {
        var lines = Lines.Numbered[..5000];
        foreach (var codec in (string[])["none", "gzip", "snappy", "lz4", "zstd"])
        {
            _cluster.CreateTopic(codec);
            Kcat.Produce(_cluster.Bootstrap, codec, lines, "-z", codec, "-X", "linger.ms=500");
            Assert.Equal(lines, Kcat.Consume(_cluster.Bootstrap, codec, 0));
        }
    }

    [Fact]
    public void Produce_RecordsThatLie_AreRefusedAndTheNextBatchIsTaken()
    {
        _cluster.CreateTopic("lies");
        using var client = _cluster.Connect();
        var sound = RecordBatch.Of("one", "two");

        var garbage = RecordBatch.Altered(sound, batch => batch[^5] ^= 0x7F);
        Assert.Equal((ErrorCode.InvalidRecord, -1L), Answer(garbage));
        foreach (var (name, codec) in Packed.All) // a text, but not one of records
            Assert.Equal((ErrorCode.InvalidRecord, -1L), Answer(Compressed(sound, codec, Packed.Bytes(name))));
        Assert.Equal((ErrorCode.InvalidRecord, -1L), Answer(Compressed(sound, CompressionCodec.Lz4, [1, 2, 3, 4, 5, 6, 7, 8])));
        Assert.Equal((ErrorCode.MessageTooLarge, -1L), Answer(Compressed(sound, CompressionCodec.Gzip, Bomb())));
        Assert.Equal((ErrorCode.None, 0L), Answer(sound));
        Assert.Equal(["one", "two"], client.ReadAll("lies").Select(record => record.Value));

        (ErrorCode, long) Answer(byte[] batch)
        {
            var answer = client.Produce("lies", 0, batch);
            return (answer.Error, answer.BaseOffset);
        }
    }

    [Fact]
    public void Ready_TellsTheCheckInForce() =>
        Assert.Equal("records(maxUnpacked=1MiB)", _cluster.Node(1).Ready.GetProperty("config").GetProperty("check").GetString());

    private static byte[] Compressed(byte[] sound, CompressionCodec codec, byte[] packed) =>
        RecordBatch.Altered([.. sound[..BatchHeader.Size], .. packed], batch =>
        {
            BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - BatchHeader.LengthOverhead);
            batch[22] |= (byte)codec;
        });

    /// <summary>16 MiB of zeros in 16 KiB.</summary>
    private static byte[] Bomb()
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) gzip.Write(new byte[16 << 20]);
        return packed.ToArray();
    }
}
