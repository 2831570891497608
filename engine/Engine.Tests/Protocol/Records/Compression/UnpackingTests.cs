using System.IO.Compression;
using Engine.Protocol.Records;
using Engine.Protocol.Records.Compression;

namespace Engine.Tests.Protocol.Records.Compression;

public sealed class UnpackingTests
{
    public static TheoryData<string, CompressionCodec> All
    {
        get
        {
            var data = new TheoryData<string, CompressionCodec>();
            foreach (var (name, codec) in Packed.All) data.Add(name, codec);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Unpack_WhatOthersPacked_IsTheText(string name, CompressionCodec codec)
    {
        var outcome = Unpacking.Unpack(codec, Packed.Bytes(name), maxBytes: 1 << 20, out var block, out var length);

        Assert.Equal(UnpackOutcome.Done, outcome);
        using (block) Assert.True(Packed.Text.AsSpan().SequenceEqual(block!.Bytes.AsSpan(0, length)), "other bytes came out");
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Unpack_OneByteLessRoom_IsTooLargeAndWritesNothingBehind(string name, CompressionCodec codec)
    {
        var memory = new byte[Packed.Text.Length + 100];
        memory.AsSpan().Fill(0xEE);

        Assert.Equal(UnpackOutcome.TooLarge, Unpacking.Unpack(codec, Packed.Bytes(name), memory.AsSpan(0, Packed.Text.Length - 1), out _));
        Assert.Equal(-1, memory.AsSpan(Packed.Text.Length - 1).IndexOfAnyExcept((byte)0xEE));
        Assert.Equal(UnpackOutcome.Done, Unpacking.Unpack(codec, Packed.Bytes(name), memory.AsSpan(0, Packed.Text.Length), out _));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Unpack_CutShort_NeverGivesTheWholeText(string name, CompressionCodec codec)
    {
        var packed = Packed.Bytes(name);
        var memory = new byte[Packed.Text.Length];
        for (var cut = 0; cut < packed.Length; cut += cut < 64 ? 1 : 97)
        {
            // Whole blocks of the xerial framing make a shorter text; all else is seen to be cut.
            var outcome = Unpacking.Unpack(codec, packed.AsSpan(0, cut), memory, out var length);
            Assert.True(outcome != UnpackOutcome.Done || length < Packed.Text.Length, $"{cut} of {packed.Length} bytes gave all of the text");
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Unpack_ChangedBytes_StaysWithinItsMemory(string name, CompressionCodec codec)
    {
        var random = new Random(5);
        var memory = new byte[Packed.Text.Length + 100];
        for (var round = 0; round < 3000; round++)
        {
            var packed = Packed.Bytes(name).AsSpan(0, 600).ToArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--) packed[random.Next(packed.Length)] = (byte)random.Next(256);
            memory.AsSpan(Packed.Text.Length).Fill(0xEE);

            Unpacking.Unpack(codec, packed, memory.AsSpan(0, Packed.Text.Length), out var length);

            Assert.InRange(length, 0, Packed.Text.Length);
            Assert.Equal(-1, memory.AsSpan(Packed.Text.Length).IndexOfAnyExcept((byte)0xEE));
        }
    }

    [Fact]
    public void Unpack_GzipBomb_EndsAtTheLimit()
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            for (var i = 0; i < 64; i++) gzip.Write(new byte[1 << 20]);
        Assert.True(packed.Length < 70_000, "it is a bomb");

        Assert.Equal(UnpackOutcome.TooLarge, Unpacking.Unpack(CompressionCodec.Gzip, packed.ToArray(), 1 << 20, out var block, out _));
        Assert.Null(block);
    }

    [Fact]
    public void Unpack_SnappyThatClaimsMoreThanItCanHold_IsMalformedAtOnce() =>
        Assert.Equal(
            UnpackOutcome.Malformed, // 2^32 - 1 bytes in one literal of one
            Unpacking.Unpack(CompressionCodec.Snappy, [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x00, 0x41], int.MaxValue / 2, out _, out _));

    [Theory]
    [InlineData("lz4-independent")]
    [InlineData("lz4-linked")]
    public void Unpack_Lz4HeaderChanged_FailsItsChecksum(string name)
    {
        var packed = Packed.Bytes(name);
        packed[5] ^= 0x10; // another block size

        Assert.Equal(UnpackOutcome.Malformed, Unpacking.Unpack(CompressionCodec.Lz4, packed, 1 << 20, out _, out _));
    }

    [Theory]
    [InlineData(CompressionCodec.Snappy, "snappy-raw")]
    [InlineData(CompressionCodec.Snappy, "snappy-xerial")]
    [InlineData(CompressionCodec.Lz4, "lz4-linked")]
    [InlineData(CompressionCodec.Zstd, "zstd")]
    public void Unpack_OnceWarm_AllocatesNothing(CompressionCodec codec, string name)
    {
        var packed = Packed.Bytes(name);
        Allocations.AssertNone(() =>
        {
            Unpacking.Unpack(codec, packed, 1 << 20, out var block, out _);
            block!.Dispose();
        });
    }
}
