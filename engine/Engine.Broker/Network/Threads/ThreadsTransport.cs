using System.Net;
using Engine.Broker.Network.Sockets;
using Engine.Core.Strategies;

namespace Engine.Broker.Network.Threads;

/// <summary>A thread a connection, which waits in recv(2): the kernel schedules, and nothing a handler does holds up another connection.</summary>
/// <remarks>A connection takes three descriptors, five with its writer: the runtime gives every thread a pipe.</remarks>
internal sealed class ThreadsTransport(TimeSpan slice) : SocketTransport(blocking: true)
{
    private readonly Lock _lock = new();
    private readonly HashSet<ThreadConnection> _connections = [];
    private int _accepted;

    public static ITransport Create(StrategySpec spec) => new ThreadsTransport(TimeSlice.Of(spec));

    protected override void Start()
    {
    }

    protected override SocketConnection? Accepted(SocketHandle socket, Passage passage, EndPoint? remote, Port port)
    {
        var connection = new ThreadConnection(
            socket, passage, remote, $"{port.Name}-{Interlocked.Increment(ref _accepted)}", slice, Disk, Report, Ended);
        if (!connection.TryAttach(port.OnConnection)) return null;

        lock (_lock) _connections.Add(connection);
        connection.Start();
        return connection;
    }

    protected override void Stop()
    {
        ThreadConnection[] left;
        lock (_lock) left = [.. _connections];
        foreach (var connection in left) connection.Close();
        foreach (var connection in left) connection.Join();
    }

    private void Ended(ThreadConnection connection)
    {
        lock (_lock) _connections.Remove(connection);
    }
}
