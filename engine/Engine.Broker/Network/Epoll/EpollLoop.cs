using System.ComponentModel;
using Engine.Broker.Network.Sockets;

namespace Engine.Broker.Network.Epoll;

/// <summary>One thread that waits on epoll(7) for all of its connections and serves them in turn.</summary>
/// <remarks>
/// Level-triggered: what one turn leaves unread is reported again, so turns can be short and fair, pausing is a matter of the
/// interest set, and no edge can be lost. Writability is watched only while output is blocked, so the common request costs
/// one wait, one receive and one send. Connections join and end only between turns: events of one wait never meet a
/// connection that came later under the same key.
/// </remarks>
internal sealed class EpollLoop : IDisposable
{
    private const int WakeKey = 0;
    private const int EventsPerWait = 256;

    private readonly SocketHandle _epoll = SocketHandle.Made(LibC.EpollCreate(LibC.EpollCloseOnExec));
    private readonly SocketHandle _wake = SocketHandle.Made(LibC.EventCreate(0, LibC.EventCloseOnExec | LibC.EventNonBlocking));
    private readonly TimeSpan _slice;
    private readonly Thread _thread;

    // Used by the loop's thread only. Key 0 is the wake-up's.
    private readonly List<EpollConnection?> _connections = [null];
    private readonly Stack<int> _freeKeys = [];
    private List<EpollConnection> _attending = [];

    // Under the lock.
    private readonly Lock _lock = new();
    private List<EpollConnection> _posted = [];
    private bool _wakePending;
    private bool _stopping;
    private bool _stopped;

    public EpollLoop(string name, TimeSpan slice)
    {
        _slice = slice;
        Control(LibC.EpollAdd, _wake.Descriptor, LibC.EpollIn, WakeKey);
        _thread = new(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Has the loop call <see cref="EpollConnection.Attend"/> soon. Any thread.</summary>
    /// <returns>False when the loop has ended.</returns>
    public bool Post(EpollConnection connection)
    {
        lock (_lock)
        {
            if (_stopped) return false;
            _posted.Add(connection);
            if (Thread.CurrentThread != _thread) Wake();
            return true;
        }
    }

    /// <summary>Has the loop watch a connection, with no interest yet. The loop's thread only.</summary>
    /// <returns>Its key.</returns>
    public int Join(EpollConnection connection)
    {
        if (!_freeKeys.TryPop(out var key))
        {
            key = _connections.Count;
            _connections.Add(null);
        }

        _connections[key] = connection;
        return key;
    }

    /// <summary>Forgets a connection. The loop's thread only.</summary>
    public void Leave(int key)
    {
        _connections[key] = null;
        _freeKeys.Push(key);
    }

    /// <summary>Changes what is watched, by epoll_ctl(2). Any thread, as long as the connection has not left.</summary>
    /// <exception cref="Win32Exception">The kernel lacks the means to watch another descriptor.</exception>
    public unsafe void Control(int operation, int descriptor, uint events, int key)
    {
        var interest = stackalloc byte[16];
        EpollEvents.Write(interest, events, key);
        if (LibC.EpollControl(_epoll.Descriptor, operation, descriptor, interest) < 0)
            throw new Win32Exception((int)LibC.LastError);
    }

    /// <summary>Ends all connections, then the thread.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_stopping) return;
            _stopping = true;
            Wake();
        }

        if (_thread != Thread.CurrentThread) _thread.Join();
    }

    private void Run()
    {
        TimeSlice.Ask(_slice);
        using var events = new EpollEvents(EventsPerWait);
        while (!Volatile.Read(ref _stopping))
        {
            Serve(events, Wait(events));
            Attend();
        }

        Stop();
    }

    private unsafe int Wait(EpollEvents events)
    {
        // Posted by this thread itself, while it attended to others: nobody will wake it up for those.
        var timeout = Volatile.Read(ref _posted).Count > 0 ? 0 : -1;
        var count = LibC.EpollWait(_epoll.Descriptor, events.Pointer, events.Capacity, timeout);
        if (count >= 0) return count;

        return LibC.LastError == Errno.Interrupted ? 0 : throw new Win32Exception((int)LibC.LastError);
    }

    private void Serve(EpollEvents events, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var key = events.KeyAt(i);
            if (key == WakeKey)
                Woken();
            else
                _connections[key]?.Ready(events.EventsAt(i));
        }
    }

    private void Attend()
    {
        lock (_lock) (_attending, _posted) = (_posted, _attending);
        foreach (var connection in _attending) connection.Attend();
        _attending.Clear();
    }

    private unsafe void Wake()
    {
        if (_wakePending) return;
        _wakePending = true;
        ulong one = 1;
        _ = LibC.Write(_wake.Descriptor, &one, sizeof(ulong));
    }

    private unsafe void Woken()
    {
        lock (_lock)
        {
            ulong count;
            _ = LibC.Read(_wake.Descriptor, &count, sizeof(ulong));
            _wakePending = false;
        }
    }

    private void Stop()
    {
        lock (_lock) _stopped = true;
        Attend(); // those that have not joined yet join, to be ended like the others
        foreach (var connection in _connections.ToArray()) connection?.Shut();
        _wake.Dispose();
        _epoll.Dispose();
    }
}
