using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Micro.Bare;

/// <summary>A connection over the loopback whose far end lets the kernel drop what arrives: what a read costs until it is sent.</summary>
internal sealed unsafe class Drain : IDisposable
{
    private const int Truncate = 0x20;    // MSG_TRUNC: on TCP, bytes are dropped instead of copied. Source: tcp(7)
    private const int NoSignal = 0x4000;  // MSG_NOSIGNAL
    private const int SocketBytes = 1 << 20;

    // SOL_SOCKET, SO_RCVLOWAT: the reader sleeps until so much has come. Else each small send would pay for waking it.
    private const int SocketLevel = 1;
    private const int ReceiveLowWatermark = 18;
    private const int WakeBytes = 256 << 10;

    private readonly Socket _near = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendBufferSize = SocketBytes };
    private readonly Socket _far;
    private readonly Thread _reader;

    public Drain()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _near.Connect((IPEndPoint)listener.LocalEndpoint);
        _far = listener.AcceptSocket();
        _far.ReceiveBufferSize = SocketBytes;
        _far.SetRawSocketOption(SocketLevel, ReceiveLowWatermark, BitConverter.GetBytes(WakeBytes));
        _reader = new Thread(Read) { IsBackground = true, Name = "drain" };
        _reader.Start();
    }

    /// <summary>Sends a range of a file by sendfile(2).</summary>
    public void SendFile(SafeFileHandle file, long position, int count)
    {
        var end = position + count;
        while (position < end)
            if (Calls.Sendfile((int)_near.Handle, (int)file.DangerousGetHandle(), ref position, (nuint)(end - position)) <= 0) throw Calls.Failed("sendfile");
    }

    /// <summary>Sends memory.</summary>
    public void Send(byte* bytes, int count)
    {
        while (count > 0)
        {
            var sent = Calls.Send((int)_near.Handle, bytes, (nuint)count, NoSignal);
            if (sent <= 0) throw Calls.Failed("send");
            bytes += sent;
            count -= (int)sent;
        }
    }

    public void Dispose()
    {
        _near.Dispose();
        _reader.Join();
        _far.Dispose();
    }

    private void Read()
    {
        while (Calls.Receive((int)_far.Handle, null, SocketBytes, Truncate) > 0)
        {
        }
    }
}
