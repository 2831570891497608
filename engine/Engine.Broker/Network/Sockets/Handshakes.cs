using Engine.Protocol.Wire;

namespace Engine.Broker.Network.Sockets;

/// <summary>The connections of a transport whose peers have not finished their handshake, and how long they have for it.</summary>
/// <remarks>A peer that stops half way would otherwise be kept for as long as it likes. Looked at from time to time: a limit is kept late, never early.</remarks>
internal sealed class Handshakes : IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly List<(SocketConnection Connection, long Until, TimeSpan Limit)> _awaited = [];
    private Timer? _timer;
    private bool _disposed;

    /// <summary>Ends the connection unless it is established in time.</summary>
    public void Await(SocketConnection connection, TimeSpan limit)
    {
        lock (_lock)
        {
            if (_disposed) return;
            _awaited.Add((connection, Environment.TickCount64 + (long)limit.TotalMilliseconds, limit));
            _timer ??= new Timer(_ => Look(), null, LookInterval, LookInterval);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _awaited.Clear();
            _timer?.Dispose();
        }
    }

    private void Look()
    {
        List<(SocketConnection Connection, TimeSpan Limit)> late = [];
        lock (_lock)
        {
            if (_disposed) return;
            var now = Environment.TickCount64;
            _awaited.RemoveAll(awaited => awaited.Connection.IsEstablished || awaited.Connection.IsClosing);
            late.AddRange(_awaited.Where(awaited => now > awaited.Until).Select(awaited => (awaited.Connection, awaited.Limit)));
            _awaited.RemoveAll(awaited => now > awaited.Until);
            if (_awaited.Count == 0)
            {
                _timer?.Dispose();
                _timer = null;
            }
        }

        foreach (var (connection, limit) in late) connection.Fail(new WireException($"no TLS handshake within {limit.TotalSeconds:0.###} s"));
    }
}
