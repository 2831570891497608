using Engine.Protocol.Wire;

namespace Engine.Tests.Protocol.Messages;

/// <summary>Whatever bytes arrive, reading ends with a message or a <see cref="WireException"/>, and costs memory in
/// proportion.</summary>
public sealed class HostileBytesTests
{
    // The worst honest ratio is a list of empty strings or structures of one or two bytes on the wire, each an object of up
    // to about 100 bytes in memory, in lists that double; an exception with its text costs a fixed amount.
    private const int AllocatedPerByte = 256;
    private const int AllocatedFixed = 16 * 1024;

    public static TheoryData<ApiKey, string, short> AllVersions => MessageCase.AllVersions(MessageCase.Cold, MessageCase.Hot);

    [Theory]
    [MemberData(nameof(AllVersions))]
    public void Read_EveryPrefix_IsRefused(ApiKey api, string kind, short version)
    {
        var message = MessageCase.Find(api, kind);
        var whole = message.Write(version);
        for (var length = 0; length < whole.Length; length++)
            Assert.Throws<WireException>(() => message.Read(whole[..length], version));
    }

    [Theory]
    [MemberData(nameof(AllVersions))]
    public void Read_MutatedAndRandomBytes_IsRefusedOrReadWithinMemory(ApiKey api, string kind, short version)
    {
        var message = MessageCase.Find(api, kind);
        var whole = message.Write(version);
        var random = new Random(version + (1000 * (int)api));
        for (var round = 0; round < 400; round++)
        {
            var bytes = (byte[])whole.Clone();
            if (round % 4 == 0) random.NextBytes(bytes);
            else for (var flips = random.Next(1, 5); flips > 0 && bytes.Length > 0; flips--) Mutate(bytes, random);

            AssertReadOrRefused(message, bytes, version);
        }
    }

    [Theory]
    [MemberData(nameof(AllVersions))]
    public void Read_HugeCountsAnywhere_AreRefusedOrReadWithinMemory(ApiKey api, string kind, short version)
    {
        var message = MessageCase.Find(api, kind);
        var whole = message.Write(version);
        byte[][] counts =
        [
            [0x7f, 0xff, 0xff, 0xff], [0x80, 0, 0, 0], [0xfe, 0xff, 0xff, 0xff],
            [0xff, 0xff, 0xff, 0xff, 0x0f], [0xff, 0xff, 0xff, 0xff, 0x7f],
        ];
        foreach (var count in counts)
        {
            for (var at = 0; at + count.Length <= whole.Length; at++)
            {
                var bytes = (byte[])whole.Clone();
                count.CopyTo(bytes, at);
                AssertReadOrRefused(message, bytes, version);
            }
        }
    }

    [Theory]
    [InlineData(false, "7FFFFFFF" + "010203")]
    [InlineData(false, "80000000" + "010203")]
    [InlineData(true, "FFFFFFFF0F" + "0102")]
    [InlineData(false, "00000002" + "01020304050607")] // two of four bytes each need eight
    public void ReadArrayLength_MoreItemsThanBytes_IsRefused(bool flexible, string hex)
    {
        var bytes = Convert.FromHexString(hex);
        Assert.Throws<WireException>(() => new WireReader(bytes, flexible).ReadArrayLength(minItemBytes: 4));
    }

    [Fact]
    public void EndStruct_CountlessTags_EndsAtTheBytes()
    {
        // 2^32 - 1 tagged fields of no bytes at all are refused where the bytes end, after three of them.
        var bytes = Convert.FromHexString("FFFFFFFF0F" + "0000" + "0100" + "0200");
        Assert.Throws<WireException>(() => new WireReader(bytes, flexible: true).EndStruct());
    }

    private static void AssertReadOrRefused(MessageCase message, byte[] bytes, short version)
    {
        var limit = AllocatedFixed + (AllocatedPerByte * (long)bytes.Length);
        var allocated = AllocatedBy(message, bytes, version);
        // What the runtime makes once, such as for the first exception of its kind, is not the reader's.
        if (allocated > limit) allocated = AllocatedBy(message, bytes, version);
        Assert.True(allocated <= limit, $"{allocated} for {bytes.Length}");
    }

    private static long AllocatedBy(MessageCase message, byte[] bytes, short version)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            message.Read(bytes, version);
        }
        catch (WireException)
        {
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Mutate(byte[] bytes, Random random)
    {
        var at = random.Next(bytes.Length);
        bytes[at] = random.Next(3) switch
        {
            0 => (byte)(bytes[at] ^ (1 << random.Next(8))),
            1 => (byte)random.Next(256),
            _ => random.Next(2) == 0 ? (byte)0xff : (byte)0x7f,
        };
    }
}
