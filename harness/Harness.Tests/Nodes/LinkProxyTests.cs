using System.Net;
using System.Net.Sockets;
using Harness.Nodes;

namespace Harness.Tests.Nodes;

public sealed class LinkProxyTests : IDisposable
{
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);

    public LinkProxyTests() => _server.Start();

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(2, 3, 0)]
    [InlineData(0, 0, 0.02)]
    public async Task Connection_WhateverTheLink_BringsEveryByteInOrderAndTheEnd(int delayMs, int jitterMs, double loss)
    {
        var asked = 0;
        LinkQuality[] quality = [new(TimeSpan.FromMilliseconds(delayMs), TimeSpan.FromMilliseconds(jitterMs), loss)];
        using var proxy = new LinkProxy(new IPEndPoint(IPAddress.Loopback, 0), (IPEndPoint)_server.LocalEndpoint, caller =>
        {
            Assert.Equal(IPAddress.Loopback, caller);
            Interlocked.Increment(ref asked);
            return quality;
        });
        var sent = new byte[3 << 20];
        new Random(5).NextBytes(sent);

        var echo = Echo();
        using var client = new TcpClient();
        await client.ConnectAsync(proxy.Endpoint);
        var stream = client.GetStream();
        var writing = Task.Run(() =>
        {
            stream.Write(sent);
            client.Client.Shutdown(SocketShutdown.Send);
        });
        using var received = new MemoryStream();
        await stream.CopyToAsync(received).WaitAsync(TimeSpan.FromMinutes(1));
        await writing;
        await echo;

        Assert.Equal(sent, received.ToArray());
        Assert.True(asked >= 2 * sent.Length / (64 << 10), $"{asked} pieces");
    }

    [Fact]
    public async Task Connection_NobodyIsThere_IsClosedAndTheNextOneServed()
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // and does not listen yet: whoever connects is refused
        using var proxy = new LinkProxy(new IPEndPoint(IPAddress.Loopback, 0), (IPEndPoint)server.LocalEndPoint!, _ => []);
        using (var refused = new TcpClient())
        {
            await refused.ConnectAsync(proxy.Endpoint);
            Assert.Equal(0, await refused.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromMinutes(1)));
        }

        server.Listen();
        using var client = new TcpClient();
        await client.ConnectAsync(proxy.Endpoint);
        using var accepted = await server.AcceptAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.True(accepted.Connected);
    }

    private async Task Echo()
    {
        using var caller = await _server.AcceptTcpClientAsync();
        await caller.GetStream().CopyToAsync(caller.GetStream());
        caller.Client.Shutdown(SocketShutdown.Send);
    }
}
