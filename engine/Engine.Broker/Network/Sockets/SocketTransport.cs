using System.Net;

namespace Engine.Broker.Network.Sockets;

/// <summary>What the strategies on plain sockets share: their open ports.</summary>
internal abstract class SocketTransport(bool blocking) : ITransport
{
    // A disk serves several requests at once better than one after the other; more than a few only queue elsewhere.
    private const int MostDiskThreads = 4;

    private readonly Lock _lock = new();
    private readonly List<Listener> _listeners = [];
    private readonly Handshakes _handshakes = new();
    private bool _disposed;

    public event Action<EndPoint?, Exception>? Failed;

    public IListener Listen(IPEndPoint endpoint, Func<ITransportConnection, IConnectionHandler> onConnection, string name, ServerTls? tls)
    {
        var port = new Port(onConnection, name, tls);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_listeners.Count == 0) Start();
            var listener = new Listener(endpoint, name, blocking, (socket, remote) => Accepted(socket, remote, port), Report);
            _listeners.Add(listener);
            return listener;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed) return;
            _disposed = true;
        }

        foreach (var listener in _listeners) listener.Dispose();
        _handshakes.Dispose();
        Stop();
        Disk.Dispose(); // after the connections: what they still wait for ends with them
    }

    /// <summary>Where the connections' work runs that may wait for the disk. Each transport has its own: replicas never wait for clients here either.</summary>
    protected DiskThreads Disk { get; } = new(MostDiskThreads);

    /// <summary>Called before the first port is opened; again if that could not be.</summary>
    protected abstract void Start();

    /// <summary>Takes over a connection, on its listener's thread. Does not throw.</summary>
    /// <returns>The connection; null when it has ended already.</returns>
    protected abstract SocketConnection? Accepted(SocketHandle socket, Passage passage, EndPoint? remote, Port port);

    /// <summary>Ends all connections and waits for their threads. Nothing is accepted any more.</summary>
    protected abstract void Stop();

    private void Accepted(SocketHandle socket, EndPoint? remote, Port port)
    {
        if (port.Tls is not { } tls)
        {
            Accepted(socket, new PlainPassage(socket), remote, port);
            return;
        }

        var connection = Accepted(socket, new TlsPassage(socket, tls.NewSession()), remote, port);
        if (connection is not null) _handshakes.Await(connection, tls.HandshakeTimeout);
    }

    protected void Report(EndPoint? remote, Exception exception) => Failed?.Invoke(remote, exception);
}

/// <summary>What connections to one port have in common.</summary>
/// <param name="OnConnection">Makes a connection's handler.</param>
/// <param name="Name">Begins the names of its threads.</param>
/// <param name="Tls">What it takes to speak TLS; null: plaintext.</param>
internal sealed record Port(Func<ITransportConnection, IConnectionHandler> OnConnection, string Name, ServerTls? Tls);
