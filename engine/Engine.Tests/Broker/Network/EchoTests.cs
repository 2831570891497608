using System.Buffers.Binary;
using Engine.Broker.Network;

namespace Engine.Tests.Broker.Network;

public sealed class EchoTests
{
    public static TheoryData<string> Transports => Host.AllTransports;

    [Theory, MemberData(nameof(Transports))]
    public async Task Frame_OfAnySize_ComesBackIdentical(string transport)
    {
        using var host = new Host(transport, Echo);
        var client = host.Connect();

        // Around the sizes at which the receive buffer changes its ways, past what it takes on a peer's word, and back to small.
        foreach (var size in new[] { 0, 1, 100, 4_092, 16_380, 16_381, 256 << 10, (4 << 20) + 3, 20 << 20, 1, 1_000_000, 7 })
        {
            var body = Frames.Random(size, size);
            var sending = Task.Run(() => client.SendFrame(body));
            Assert.True(body.AsSpan().SequenceEqual(client.ReceiveFrame()), $"a frame of {size} bytes");
            await sending;
        }
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Frames_Pipelined_ComeBackInOrder(string transport)
    {
        using var host = new Host(transport, Echo);
        var client = host.Connect();
        var sizes = new Random(7);
        var bodies = Enumerable.Range(0, 600).Select(i => Frames.Random(i, sizes.Next(1, i % 50 == 0 ? 600_000 : 3_000))).ToArray();

        var sending = Task.Run(() => Array.ForEach(bodies, body => client.SendFrame(body)));
        foreach (var body in bodies) Assert.Equal(body, client.ReceiveFrame());
        await sending;
    }

    [Theory, MemberData(nameof(Transports))]
    public void Frame_ByteByByte_IsOfferedOnceWhole(string transport)
    {
        var calls = 0;
        using var host = new Host(transport, connection => new FrameHandler(connection, (c, body) =>
        {
            calls++;
            c.SendFrame(body);
        }));
        var client = host.Connect();
        var body = Frames.Random(1, 40);
        var frame = new byte[4 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, body.Length);
        body.CopyTo(frame, 4);

        foreach (var one in frame) client.SendAll([one]);

        Assert.Equal(body, client.ReceiveFrame());
        Assert.Equal(1, calls);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Connections_AtOnce_EachGetTheirOwnBytes(string transport)
    {
        using var host = new Host(transport, Echo);
        var clients = Enumerable.Range(0, 40).Select(_ => host.Connect()).ToArray();
        for (var round = 0; round < 20; round++)
        {
            for (var i = 0; i < clients.Length; i++) clients[i].SendFrame(Frames.Random((round * 100) + i, 500 + (i * 100)));
            for (var i = 0; i < clients.Length; i++)
                Assert.Equal(Frames.Random((round * 100) + i, 500 + (i * 100)), clients[i].ReceiveFrame());
        }
    }

    private static FrameHandler Echo(ITransportConnection connection) => new(connection, (c, body) => c.SendFrame(body));
}
