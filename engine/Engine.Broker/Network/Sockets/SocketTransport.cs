using System.Net;

namespace Engine.Broker.Network.Sockets;

/// <summary>What the strategies on plain sockets share: their open ports.</summary>
internal abstract class SocketTransport(bool blocking) : ITransport
{
    // A disk serves several requests at once better than one after the other; more than a few only queue elsewhere.
    private const int MostDiskThreads = 4;

    private readonly Lock _lock = new();
    private readonly List<Listener> _listeners = [];
    private bool _disposed;

    public event Action<EndPoint?, Exception>? Failed;

    public IListener Listen(IPEndPoint endpoint, Func<ITransportConnection, IConnectionHandler> onConnection, string name)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_listeners.Count == 0) Start();
            var listener = new Listener(endpoint, name, blocking, (socket, remote) => Accepted(socket, remote, onConnection, name), Report);
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
        Stop();
        Disk.Dispose(); // after the connections: what they still wait for ends with them
    }

    /// <summary>Where the connections' work runs that may wait for the disk. Each transport has its own: replicas never wait for clients here either.</summary>
    protected DiskThreads Disk { get; } = new(MostDiskThreads);

    /// <summary>Called before the first port is opened; again if that could not be.</summary>
    protected abstract void Start();

    /// <summary>Takes over a connection, on its listener's thread. Does not throw.</summary>
    protected abstract void Accepted(
        SocketHandle socket, EndPoint? remote, Func<ITransportConnection, IConnectionHandler> onConnection, string name);

    /// <summary>Ends all connections and waits for their threads. Nothing is accepted any more.</summary>
    protected abstract void Stop();

    protected void Report(EndPoint? remote, Exception exception) => Failed?.Invoke(remote, exception);
}
