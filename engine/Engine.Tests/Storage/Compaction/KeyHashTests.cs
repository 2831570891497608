using Engine.Storage.Compaction;

namespace Engine.Tests.Storage.Compaction;

public sealed class KeyHashTests
{
    /// <summary>From vectors.h of the authors' reference code: key 00..0f, input 00..(n-1).</summary>
    [Theory]
    [InlineData(0, "a3817f04ba25a8e66df67214c7550293")]
    [InlineData(1, "da87c1d86b99af44347659119b22fc45")]
    [InlineData(8, "3b62a9ba6258f5610f83e264f31497b4")]
    [InlineData(15, "5493e99933b0a8117e08ec0f97cfc3d9")]
    [InlineData(63, "5150d1772f50834a503e069a973fbd7c")]
    public void Compute_ReferenceVectors_AreMet(int length, string expected)
    {
        var hash = new KeyHash(0x0706050403020100, 0x0f0e0d0c0b0a0908).Compute([.. Enumerable.Range(0, length).Select(i => (byte)i)]);

        var bytes = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128LittleEndian(bytes, hash);
        Assert.Equal(expected, Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void Map_MoreKeysThanItIsMadeFor_IsFullAndKeepsThoseItHas()
    {
        using var map = new KeyMap(budgetBytes: 24 * 1024, expectedKeys: 1_000_000);
        var put = 0;
        for (; !map.IsFull; put++) map.Put(KeyHash.OfThisProcess.Compute(BitConverter.GetBytes(put)), put);

        Assert.Equal((768, 768L), (put, map.Count));
        for (var key = 0; key < put; key++) Assert.Equal(key, map.LastOffset(KeyHash.OfThisProcess.Compute(BitConverter.GetBytes(key))));
        Assert.Equal(-1, map.LastOffset(KeyHash.OfThisProcess.Compute(BitConverter.GetBytes(put))));
    }

    [Fact]
    public void Map_SameKeyAgain_KeepsTheLargestOffset()
    {
        using var map = new KeyMap(1 << 20, 10);
        map.Put(5, 100);
        map.Put(5, 200);
        map.Put(5, 150);

        Assert.Equal((200, 1L), (map.LastOffset(5), map.Count));
    }
}
