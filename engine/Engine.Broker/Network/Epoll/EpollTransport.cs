using System.Net;
using Engine.Broker.Network.Sockets;
using Engine.Core.Strategies;

namespace Engine.Broker.Network.Epoll;

/// <summary>A few event loops serve all connections: no thread hand-off between a request and its answer.</summary>
/// <remarks>
/// A connection stays with one loop. Whatever blocks a handler holds up the other connections of its loop; what waits for the
/// disk is therefore left to a few threads beside the loops. A loop works in short bursts, so it asks for a short <see cref="TimeSlice"/>.
/// </remarks>
internal sealed class EpollTransport(int loops, TimeSpan slice) : SocketTransport(blocking: false)
{
    private EpollLoop[] _loops = [];
    private uint _accepted;

    public static ITransport Create(StrategySpec spec) => new EpollTransport(spec.Count("loops", 1), TimeSlice.Of(spec));

    protected override void Start()
    {
        if (_loops.Length == 0) _loops = [.. Enumerable.Range(0, loops).Select(i => new EpollLoop($"epoll-{i}", slice))];
    }

    protected override SocketConnection? Accepted(SocketHandle socket, Passage passage, EndPoint? remote, Port port)
    {
        var loop = _loops[(int)(Interlocked.Increment(ref _accepted) % (uint)_loops.Length)];
        var connection = new EpollConnection(loop, socket, passage, remote, Disk, Report);
        if (!connection.TryAttach(port.OnConnection)) return null;

        connection.Start();
        return connection;
    }

    protected override void Stop()
    {
        foreach (var loop in _loops) loop.Dispose();
    }
}
