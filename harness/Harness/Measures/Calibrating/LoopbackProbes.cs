using System.Net;
using System.Net.Sockets;
using Harness.Files;
using Microsoft.Win32.SafeHandles;

namespace Harness.Measures.Calibrating;

/// <summary>A TCP connection over the loopback whose other end takes whatever comes.</summary>
internal sealed class LoopbackProbes : IDisposable
{
    private const int SentBytes = 128 << 10;
    private const int ReceivedBytes = 256 << 10;

    private readonly Socket _sender;
    private readonly Socket _receiver;
    private readonly Thread _receiving;
    private readonly byte[] _bytes = new byte[SentBytes];
    private long _position;

    private LoopbackProbes(Socket sender, Socket receiver)
    {
        (_sender, _receiver) = (sender, receiver);
        Random.Shared.NextBytes(_bytes);
        _receiving = new Thread(Receive) { IsBackground = true, Name = "calibration" };
        _receiving.Start();
    }

    /// <exception cref="SocketException">There is no loopback.</exception>
    public static LoopbackProbes Connect()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var sender = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        sender.Connect(listener.LocalEndPoint!);
        return new LoopbackProbes(sender, listener.Accept());
    }

    /// <summary>Sends from memory: one copy into the kernel, one out of it at the other end.</summary>
    public long Send() => _sender.Send(_bytes);

    /// <summary>Sends the next part of a file without the bytes passing through this process.</summary>
    public long Send(SafeFileHandle file, long fileBytes)
    {
        if (_position + SentBytes > fileBytes) _position = 0;
        var sent = NativeFiles.SendFile(_sender.SafeHandle, file, _position, SentBytes);
        _position += sent;
        return sent;
    }

    public void Dispose()
    {
        _sender.Dispose();
        _receiving.Join();
        _receiver.Dispose();
    }

    private void Receive()
    {
        var into = new byte[ReceivedBytes];
        try
        {
            while (_receiver.Receive(into) > 0)
            {
                // As fast as it can: that is what is measured.
            }
        }
        catch (SocketException)
        {
            // The sender went without ado.
        }
    }
}
