using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Net.Sockets;

namespace Engine.Broker.Network.Sockets;

/// <summary>An open port and the thread that accepts from it: connections are rare, so a blocking accept4(2) will do for every strategy.</summary>
internal sealed class Listener : IListener
{
    private const int Backlog = 512;
    private const int LargestAddress = 128; // sockaddr_storage

    private static readonly TimeSpan PauseWhenExhausted = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly int _flags;
    private readonly Action<SocketHandle, EndPoint?> _accepted;
    private readonly Action<EndPoint?, Exception> _report;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _stopping = new();

    /// <param name="endpoint">Where to listen.</param>
    /// <param name="name">Begins the thread's name.</param>
    /// <param name="blocking">Whether accepted sockets are blocking ones.</param>
    /// <param name="accepted">Takes over a connection; must not throw.</param>
    /// <param name="report">Told of accepts that failed.</param>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public Listener(IPEndPoint endpoint, string name, bool blocking, Action<SocketHandle, EndPoint?> accepted, Action<EndPoint?, Exception> report)
    {
        _flags = LibC.AcceptCloseOnExec | (blocking ? 0 : LibC.AcceptNonBlocking);
        _accepted = accepted;
        _report = report;
        _socket = Open(endpoint);
        Endpoint = (IPEndPoint)_socket.LocalEndPoint!;
        _thread = new(Accept) { Name = name + "-accept", IsBackground = true };
        _thread.Start();
    }

    public IPEndPoint Endpoint { get; }

    public void Dispose()
    {
        if (_stopping.IsSet) return;
        _stopping.Set();
        _ = LibC.Shutdown(Descriptor, LibC.ShutdownBoth); // wakes accept4, which close would not
        if (_thread != Thread.CurrentThread) _thread.Join();
        _socket.Dispose();
    }

    private int Descriptor => (int)_socket.SafeHandle.DangerousGetHandle();

    private static Socket Open(IPEndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // SO_REUSEADDR by its numbers: a restart need not wait for old connections' TIME_WAIT. .NET's ReuseAddress would
            // set SO_REUSEPORT as well and let two brokers share a port.
            socket.SetRawSocketOption(1, 2, BitConverter.GetBytes(1));
            if (IPAddress.IsLoopback(endpoint.Address)) SendUnpaced(socket);
            socket.Bind(endpoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Has accepted connections send without pacing. Where BBR is the machine's default, it sets a timer for every 64 KiB, which
    /// guards a network that loopback does not have and took a third of the CPU time of serving a log by sendfile. Reno is
    /// always there and free to use (tcp(7), TCP_CONGESTION).
    /// </summary>
    private static void SendUnpaced(Socket socket)
    {
        try
        {
            socket.SetRawSocketOption(LibC.SolTcp, LibC.TcpCongestion, "reno"u8);
        }
        catch (SocketException)
        {
            // A kernel without the choice keeps its own, which costs time and nothing else.
        }
    }

    private unsafe void Accept()
    {
        var address = stackalloc byte[LargestAddress];
        while (!_stopping.IsSet)
        {
            var addressBytes = LargestAddress;
            var descriptor = LibC.Accept(Descriptor, address, &addressBytes, _flags);
            if (descriptor < 0)
            {
                AcceptFailed(LibC.LastError);
                continue;
            }

            var on = 1;
            _ = LibC.SetSocketOption(descriptor, LibC.SolTcp, LibC.TcpNoDelay, &on, sizeof(int));
            _accepted(new SocketHandle(descriptor), EndpointOf(new ReadOnlySpan<byte>(address, addressBytes)));
        }
    }

    // accept(2): apart from a lack of means, an error concerns the one connection that did not come about.
    private void AcceptFailed(Errno error)
    {
        if (_stopping.IsSet || error is not (Errno.ProcessFilesFull or Errno.SystemFilesFull or Errno.NoBufferSpace or Errno.OutOfMemory)) return;

        _report(null, new IOException("cannot accept connections: " + new Win32Exception((int)error).Message, (int)error));
        _stopping.Wait(PauseWhenExhausted);
    }

    private static IPEndPoint? EndpointOf(ReadOnlySpan<byte> address)
    {
        const int Ip4 = 2;   // AF_INET: port at 2, address at 4
        const int Ip6 = 10;  // AF_INET6: port at 2, address at 8, scope at 24
        if (address.Length < 16) return null;

        var port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
        return BitConverter.ToUInt16(address) switch
        {
            Ip4 => new(new IPAddress(address.Slice(4, 4)), port),
            Ip6 when address.Length >= 28 => new(new IPAddress(address.Slice(8, 16), BitConverter.ToUInt32(address[24..])), port),
            _ => null,
        };
    }
}
