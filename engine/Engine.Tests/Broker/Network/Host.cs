using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Engine.Broker.Network;

namespace Engine.Tests.Broker.Network;

/// <summary>A transport with one open port, whose handlers a test makes, and clients on plain sockets.</summary>
internal sealed class Host : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60); // a hang is a failure; never a measure of speed

    private readonly List<Socket> _clients = [];

    public Host(string transport, Func<ITransportConnection, IConnectionHandler> onConnection, ServerTls? tls = null)
    {
        Transport = Transports.Catalog.Create(transport).Instance;
        Transport.Failed += (_, exception) => Failures.Add(exception);
        Listener = Transport.Listen(new(IPAddress.Loopback, 0), onConnection, "test", tls);
    }

    /// <summary>Every registered strategy, and the parameters worth a test of their own.</summary>
    public static string[] TransportTexts => [.. Transports.Catalog.Strategies.Select(strategy => strategy.Name), "epoll(loops=2)"];

    public static TheoryData<string> AllTransports => [.. TransportTexts];

    public ITransport Transport { get; }

    public IListener Listener { get; }

    public BlockingCollection<Exception> Failures { get; } = [];

    public Socket Connect(int receiveBufferBytes = 0)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = (int)Patience.TotalMilliseconds,
            SendTimeout = (int)Patience.TotalMilliseconds,
        };
        if (receiveBufferBytes > 0) client.ReceiveBufferSize = receiveBufferBytes;
        _clients.Add(client);
        client.Connect(Listener.Endpoint);
        return client;
    }

    public void Dispose()
    {
        foreach (var client in _clients) client.Dispose();
        Transport.Dispose();
        Failures.Dispose();
    }
}
