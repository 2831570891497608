using System.Net;
using System.Net.Sockets;
using Harness.Load;
using Harness.Load.Wire;

namespace Harness.Nodes;

/// <summary>Passes TCP connections on to one address, each piece as late as its link says.</summary>
/// <remarks>A thread for each direction of each connection, which sleeps until a piece comes or one is due; links between brokers
/// are few. A piece is what one receive gives, up to 64 KiB.</remarks>
internal sealed class LinkProxy : IDisposable
{
    private readonly IPEndPoint _target;
    private readonly Func<IPAddress, IReadOnlyList<LinkQuality>> _qualities;
    private readonly Socket _listener;
    private readonly List<Socket> _open = [];
    private readonly List<Thread> _threads = [];
    private readonly Lock _lock = new();
    private volatile bool _closed;

    /// <param name="listen">Where it is called.</param>
    /// <param name="target">Whom it calls.</param>
    /// <param name="qualities">How bad a caller's link is at this moment; empty for as good as the wire.</param>
    /// <exception cref="NodeFailedException">It cannot listen there.</exception>
    public LinkProxy(IPEndPoint listen, IPEndPoint target, Func<IPAddress, IReadOnlyList<LinkQuality>> qualities)
    {
        (_target, _qualities) = (target, qualities);
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _listener.Bind(listen);
            _listener.Listen();
        }
        catch (SocketException error)
        {
            _listener.Dispose();
            throw new NodeFailedException($"a proxy cannot listen on {listen}: {error.Message}");
        }

        Start(Accept, "proxy");
    }

    /// <summary>Where it is called, with its port.</summary>
    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndPoint!;

    public void Dispose()
    {
        _closed = true;
        _listener.Dispose();
        List<Thread> threads;
        lock (_lock)
        {
            foreach (var socket in _open) End(socket);
            threads = [.. _threads];
        }

        foreach (var thread in threads) thread.Join();
    }

    private void Accept()
    {
        while (!_closed)
        {
            try
            {
                Join(_listener.Accept());
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // Closed, or the caller was gone before it was taken.
            }
        }
    }

    private void Join(Socket caller)
    {
        var called = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        lock (_lock) _open.AddRange([caller, called]);
        // On a thread of its own: a node that is gone answers late or never, and others call meanwhile.
        Start(() => Connect(caller, called), "proxy asks");
    }

    private void Connect(Socket caller, Socket called)
    {
        try
        {
            var address = ((IPEndPoint)caller.RemoteEndPoint!).Address;
            called.Connect(_target);
            caller.NoDelay = called.NoDelay = true;
            var answers = Start(() => Pump(called, caller, address), "proxy answers");
            Pump(caller, called, address);
            answers.Join();
        }
        catch (SocketException)
        {
            // The node is not there: the caller finds its connection closed.
        }

        // Only now: a descriptor that is closed while a thread waits for it may be another's the next moment.
        lock (_lock)
        {
            _open.Remove(caller);
            _open.Remove(called);
        }

        caller.Dispose();
        called.Dispose();
    }

    private void Pump(Socket from, Socket to, IPAddress caller)
    {
        try
        {
            Syscalls.WakeOnTime();
            new LinkPump(from, to, () => _qualities(caller), () => _closed).Run();
        }
        catch (Exception error) when (error is SocketException or LoadException)
        {
            // One end is gone: the other learns it, and with it the thread of the other direction.
            End(from);
            End(to);
        }
    }

    private static void End(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // It never was connected, or is no more.
        }
    }

    private Thread Start(Action body, string name)
    {
        var thread = new Thread(() => body()) { IsBackground = true, Name = name };
        lock (_lock)
        {
            _threads.RemoveAll(started => !started.IsAlive);
            _threads.Add(thread);
            thread.Start();
        }

        return thread;
    }
}
