using System.Net.Sockets;

namespace Engine.Broker.Replication;

/// <summary>Blocking connections to the inter-broker listener of another node.</summary>
internal static class LeaderSocket
{
    /// <summary>A node that neither answers nor takes anything for this long counts as gone.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <remarks>
    /// Connected by a blocking call, which is broken off by disposing the socket: one that has ever been connected asynchronously stays
    /// non-blocking, and the runtime then takes every receive through its epoll thread and a thread of the pool that spins before it sleeps.
    /// Followers spent four times the CPU of all their other work on that.
    /// </remarks>
    /// <exception cref="IOException">Nobody answers there.</exception>
    /// <exception cref="SocketException">The connection is refused.</exception>
    /// <exception cref="OperationCanceledException">Told to stop.</exception>
    public static Socket Connect(string host, int port, CancellationToken stop)
    {
        var milliseconds = (int)Patience.TotalMilliseconds;
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendTimeout = milliseconds, ReceiveTimeout = milliseconds };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(Patience);
        try
        {
            using (patience.Token.UnsafeRegister(made => ((Socket)made!).Dispose(), socket)) socket.Connect(host, port);
            patience.Token.ThrowIfCancellationRequested(); // it is disposed then
            return socket;
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            socket.Dispose();
            stop.ThrowIfCancellationRequested();
            if (patience.IsCancellationRequested) throw new IOException($"nobody answers at {host}:{port}");
            throw;
        }
    }

    /// <summary>Sends all of it.</summary>
    public static void SendAll(this Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[socket.Send(bytes)..];
    }
}
