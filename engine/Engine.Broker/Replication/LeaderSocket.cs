using System.Net.Sockets;

namespace Engine.Broker.Replication;

/// <summary>Blocking connections to the inter-broker listener of another node.</summary>
internal static class LeaderSocket
{
    /// <summary>A node that neither answers nor takes anything for this long counts as gone.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <exception cref="IOException">Nobody answers there.</exception>
    /// <exception cref="SocketException">The connection is refused.</exception>
    /// <exception cref="OperationCanceledException">Told to stop.</exception>
    public static Socket Connect(string host, int port, CancellationToken stop)
    {
        var milliseconds = (int)Patience.TotalMilliseconds;
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendTimeout = milliseconds, ReceiveTimeout = milliseconds };
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
            patience.CancelAfter(Patience);
            socket.ConnectAsync(host, port, patience.Token).AsTask().GetAwaiter().GetResult();
            return socket;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            socket.Dispose();
            throw new IOException($"nobody answers at {host}:{port}");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends all of it.</summary>
    public static void SendAll(this Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[socket.Send(bytes)..];
    }
}
