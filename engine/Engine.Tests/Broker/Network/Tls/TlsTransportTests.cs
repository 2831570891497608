using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Engine.Broker.Network;
using Engine.Broker.Network.Sockets;
using Engine.Protocol.Wire;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Broker.Network.Tls;

/// <summary>A port that speaks TLS is to its handler what one in plaintext is, under every network strategy, and keeps strangers out.</summary>
public sealed class TlsTransportTests : IDisposable
{
    private const int FileBytes = 8 << 20;

    private readonly TestCertificate _certificate = new();
    private readonly Owners _owners = new(FileBytes);

    public static TheoryData<string> AllTransports => Host.AllTransports;

    public static TheoryData<string, SslProtocols> TransportsAndVersions
    {
        get
        {
            var all = new TheoryData<string, SslProtocols>();
            foreach (var transport in Host.TransportTexts)
                foreach (var version in new[] { SslProtocols.Tls12, SslProtocols.Tls13 }) all.Add(transport, version);
            return all;
        }
    }

    /// <summary>Transport; whether the bytes are a file range; whether a thread other than the connection's sends them.</summary>
    public static TheoryData<string, bool, bool> Ways => SendTests.Ways;

    public void Dispose()
    {
        _owners.Dispose();
        _certificate.Dispose();
    }

    [Theory, MemberData(nameof(TransportsAndVersions))]
    public async Task Frame_OfAnySize_ComesBackIdentical(string transport, SslProtocols version)
    {
        using var host = new Host(transport, Echo, _certificate.Server());
        using var client = Connect(host, _certificate.Client(version));
        Assert.Equal(version, client.SslProtocol);

        // Around a record's size and the sizes at which the receive buffer changes its ways, and back to small.
        foreach (var size in new[] { 0, 1, 100, 16_380, 16_381, 65_537, 256 << 10, (4 << 20) + 3, 20 << 20, 1, 1_000_000, 7 })
        {
            var body = Frames.Random(size, size);
            var sending = Task.Run(() => SendFrame(client, body));
            Assert.True(body.AsSpan().SequenceEqual(ReceiveFrame(client)), $"a frame of {size} bytes");
            await sending;
        }
    }

    [Theory, MemberData(nameof(AllTransports))]
    public async Task Frames_Pipelined_ComeBackInOrder(string transport)
    {
        using var host = new Host(transport, Echo, _certificate.Server());
        using var client = Connect(host, _certificate.Client());
        var sizes = new Random(7);
        var bodies = Enumerable.Range(0, 600).Select(i => Frames.Random(i, sizes.Next(1, i % 50 == 0 ? 600_000 : 3_000))).ToArray();

        var sending = Task.Run(() => Array.ForEach(bodies, body => SendFrame(client, body)));
        foreach (var body in bodies) Assert.Equal(body, ReceiveFrame(client));
        await sending;
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task Slice_ToAReceiverThatStalls_ArrivesIdenticalWithItsNeighbours(string transport, bool fromFile, bool elsewhere)
    {
        const int Position = 4097, Length = FileBytes - 5000;
        using var host = new Host(transport, connection => new FrameHandler(connection, (c, body) =>
        {
            var request = body.ToArray();
            if (elsewhere) Task.Run(() => Answer(c, request));
            else Answer(c, request);
        }), _certificate.Server());
        using var client = Connect(host, _certificate.Client(), receiveBufferBytes: 16 << 10);

        void Answer(ITransportConnection connection, byte[] request)
        {
            connection.BeginSend();
            connection.Send(Frames.BlockOf(request), 4 + request.Length, more: true);
            connection.Send(fromFile ? _owners.File(Position, Length) : _owners.Memory(Position, Length), more: true);
            connection.Send(Frames.BlockOf([7, 7, 7]), 7, more: false);
            connection.EndSend();
        }

        for (var round = 0; round < 3; round++)
        {
            SendFrame(client, [1, 2, (byte)round]);
            Assert.Equal([1, 2, (byte)round], ReceiveFrame(client));
            await Task.Delay(20); // the socket is full by now, or the test tests less; either way the bytes must be right
            Assert.True(ReceiveExactly(client, Length).AsSpan().SequenceEqual(_owners.Content.AsSpan(Position, Length)));
            Assert.Equal([7, 7, 7], ReceiveFrame(client));
        }

        Until.True(() => _owners.AllReleasedOnce, "every slice is released");
        Assert.Equal(3, _owners.Count);
    }

    /// <summary>A frame that is ready while the handler may not be called is offered once it may, although nothing more arrives.</summary>
    [Theory, MemberData(nameof(AllTransports))]
    public void Frame_WhilePaused_IsOfferedAfterResume(string transport)
    {
        ITransportConnection? paused = null;
        using var host = new Host(transport, connection => new FrameHandler(connection, (c, body) =>
        {
            c.SendFrame(body);
            if (body.Length != 1) return;
            c.Pause();
            Volatile.Write(ref paused, c);
        }) { OneAtATime = true }, _certificate.Server());
        using var client = Connect(host, _certificate.Client());

        byte[] both = [0, 0, 0, 1, 9, 0, 0, 0, 2, 8, 8]; // two frames in one record
        client.Write(both);
        Assert.Equal([9], ReceiveFrame(client));
        Until.True(() => Volatile.Read(ref paused) is not null, "the connection is paused");
        paused!.Resume();

        Assert.Equal([8, 8], ReceiveFrame(client));
    }

    [Theory, MemberData(nameof(AllTransports))]
    public async Task Frame_ThatTheClientsEndFollowsAtOnce_IsHandled(string transport)
    {
        var handled = new TaskCompletionSource<byte[]>();
        FrameHandler? handler = null;
        using var host = new Host(transport, connection => handler = new FrameHandler(connection, (_, body) => handled.TrySetResult(body.ToArray())), _certificate.Server());
        using (var client = Connect(host, _certificate.Client()))
        {
            SendFrame(client, [1, 2, 3]);
            await client.ShutdownAsync();
        }

        Assert.Equal([1, 2, 3], await handled.Task.WaitAsync(Host.Patience));
        Assert.True(handler!.HasClosed.Wait(Host.Patience));
        Assert.Empty(host.Failures);
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void Client_InPlaintext_IsTurnedAwayBeforeTheHandlerHears(string transport)
    {
        FrameHandler? handler = null;
        var frames = 0;
        using var host = new Host(transport, connection => handler = new FrameHandler(connection, (_, _) => frames++), _certificate.Server());
        var client = host.Connect();

        client.SendFrame(new byte[5000]);

        Assert.Contains("TLS", Assert.IsType<WireException>(Failure(host)).Message, StringComparison.Ordinal);
        Assert.True(handler!.HasClosed.Wait(Host.Patience));
        Assert.Equal(0, frames);
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void Client_ThatStopsInTheHandshake_IsTurnedAwayWhenItsTimeIsOver(string transport)
    {
        FrameHandler? handler = null;
        using var host = new Host(
            transport, connection => handler = new FrameHandler(connection, (_, _) => { }), _certificate.Server(handshakeTimeout: TimeSpan.FromMilliseconds(300)));
        var silent = host.Connect();
        silent.SendAll([22, 3, 1, 2, 0, 1]); // the beginning of a ClientHello

        Assert.Contains("handshake", Assert.IsType<WireException>(Failure(host)).Message, StringComparison.Ordinal);
        Assert.True(handler!.HasClosed.Wait(Host.Patience));
    }

    /// <summary>The time for the handshake is no time for what comes after.</summary>
    [Theory, MemberData(nameof(AllTransports))]
    public void Client_ThatIsSilentAfterTheHandshake_Stays(string transport)
    {
        using var host = new Host(transport, Echo, _certificate.Server(handshakeTimeout: TimeSpan.FromMilliseconds(1)));
        SslStream? client = null;
        for (var attempt = 0; client is null; attempt++)
        {
            try
            {
                client = Connect(host, _certificate.Client());
            }
            catch (IOException) when (attempt < 100)
            {
                // It was looked at in the middle of its handshake.
            }
        }

        using (client)
        {
            using var late = host.Connect();
            late.SendAll([22]);
            Failure(host); // of the late one: whoever was to be turned away has been by now
            SendFrame(client, [4, 2]);
            Assert.Equal([4, 2], ReceiveFrame(client));
        }
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void Client_WithAHandshakeWithoutEnd_IsTurnedAway(string transport)
    {
        FrameHandler? handler = null;
        using var host = new Host(transport, connection => handler = new FrameHandler(connection, (_, _) => { }), _certificate.Server());
        var client = host.Connect();

        // Records of a ClientHello of 120,000 bytes, which the library would wait for, and would be more than any has.
        byte[] first = [22, 3, 1, 0x40, 0, 1, 0x01, 0xD4, 0xC0, .. new byte[0x4000 - 4]];
        byte[] further = [22, 3, 1, 0x40, 0, .. new byte[0x4000]];
        try
        {
            client.SendAll(first);
            for (var i = 0; i < 5; i++) client.SendAll(further);
        }
        catch (SocketException)
        {
            // Turned away already.
        }

        Assert.Contains($"{TlsPassage.MostUnauthenticatedBytes} bytes", Assert.IsType<WireException>(Failure(host)).Message, StringComparison.Ordinal);
        Assert.True(handler!.HasClosed.Wait(Host.Patience));
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void Client_OfAnOlderVersion_IsRefusedWithAnAlert(string transport)
    {
        using var host = new Host(transport, Echo, _certificate.Server(SslProtocols.Tls13));

        var refusal = Assert.ThrowsAny<Exception>(() => Connect(host, _certificate.Client(SslProtocols.Tls12)));

        Assert.IsType<AuthenticationException>(refusal);
        Assert.IsType<WireException>(Failure(host));
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void Client_ThatTrustsAnother_DoesNotConnect(string transport)
    {
        using var another = new TestCertificate();
        using var host = new Host(transport, Echo, _certificate.Server());

        Assert.Throws<AuthenticationException>(() => Connect(host, another.Client()));
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void Bytes_ChangedOnTheirWay_EndTheConnection(string transport)
    {
        FrameHandler? handler = null;
        var frames = 0;
        using var host = new Host(transport, connection => handler = new FrameHandler(connection, (_, _) => frames++), _certificate.Server());
        var socket = host.Connect();
        using var client = new SslStream(new NetworkStream(socket));
        client.AuthenticateAsClient(_certificate.Client());

        socket.SendAll([23, 3, 3, 0, 32, .. new byte[32]]); // a record that nobody encrypted

        Assert.IsType<WireException>(Failure(host));
        Assert.True(handler!.HasClosed.Wait(Host.Patience));
        Assert.Equal(0, frames);
    }

    private static FrameHandler Echo(ITransportConnection connection) => new(connection, (c, body) => c.SendFrame(body));

    private static SslStream Connect(Host host, SslClientAuthenticationOptions options, int receiveBufferBytes = 0)
    {
        var client = new SslStream(new NetworkStream(host.Connect(receiveBufferBytes)));
        try
        {
            client.AuthenticateAsClient(options);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private static Exception Failure(Host host) =>
        host.Failures.TryTake(out var failure, Host.Patience) ? failure : throw new InvalidOperationException("nothing was reported");

    private static void SendFrame(SslStream client, ReadOnlySpan<byte> body)
    {
        var frame = new byte[4 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, body.Length);
        body.CopyTo(frame.AsSpan(4));
        client.Write(frame);
    }

    private static byte[] ReceiveFrame(SslStream client) => ReceiveExactly(client, BinaryPrimitives.ReadInt32BigEndian(ReceiveExactly(client, 4)));

    private static byte[] ReceiveExactly(SslStream client, int length)
    {
        var bytes = new byte[length];
        client.ReadExactly(bytes);
        return bytes;
    }
}
