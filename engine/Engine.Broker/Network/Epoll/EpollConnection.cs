using System.ComponentModel;
using System.Net;
using Engine.Broker.Network.Sockets;

namespace Engine.Broker.Network.Epoll;

/// <summary>A connection of an <see cref="EpollLoop"/>, whose thread is the connection's own.</summary>
internal sealed class EpollConnection(
    EpollLoop loop, SocketHandle socket, Passage passage, EndPoint? remote, DiskThreads disk, Action<EndPoint?, Exception> report)
    : SocketConnection(socket, passage, remote, blocks: false, disk, report)
{
    // Enough to catch up with a peer that writes while we read, and short enough for the others to wait for.
    private const int ReceivesPerTurn = 4;

    private readonly Lock _lock = new();
    private int _key;          // the loop's thread only; 0 before it joined and after it ended
    private bool _ended;       // the loop's thread only
    private bool _watched;     // under the lock
    private uint _interest;    // under the lock
    private bool _started;     // under the lock
    private int _posted;

    /// <summary>Hands the connection, with its handler, to the loop. Once.</summary>
    public void Start()
    {
        lock (_lock) _started = true;
        _posted = 1;
        if (!loop.Post(this)) End(); // the loop has ended, and with it whoever could
    }

    /// <summary>Serves what the kernel reports. The loop's thread only.</summary>
    public void Ready(uint events)
    {
        if (IsClosing) return; // Attend follows

        if ((events & LibC.EpollOut) != 0) SendRest();

        var dropInput = false;
        if ((events & (LibC.EpollIn | LibC.EpollError | LibC.EpollHangUp)) != 0)
        {
            dropInput = !MayReceive;
            if (!dropInput)
                ReceiveSome();
            else if ((events & (LibC.EpollError | LibC.EpollHangUp)) != 0)
                Close(); // these two cannot be ignored, only the input can
        }

        Watch(dropInput);
    }

    /// <summary>Joins, ends or goes on, whatever the state asks for. The loop's thread only, between turns.</summary>
    public void Attend()
    {
        Interlocked.Exchange(ref _posted, 0);
        if (_ended) return;

        if (_key == 0) Join();
        OfferAgainIfResumed();
        if (IsClosing)
            End();
        else
            Watch(dropInput: false);
    }

    /// <summary>Ends the connection now, because the loop does. The loop's thread only.</summary>
    public void Shut() => End();

    protected override void Wake()
    {
        lock (_lock)
        {
            if (!_started) return; // Start will wake it
        }

        if (Interlocked.Exchange(ref _posted, 1) == 0) loop.Post(this);
    }

    protected override void OutputBlocked() => Watch(dropInput: false);

    protected override void End()
    {
        _ended = true;
        lock (_lock)
        {
            if (_watched) loop.Control(LibC.EpollDelete, Socket.Descriptor, 0, _key);
            _watched = false;
        }

        if (_key != 0) loop.Leave(_key);
        _key = 0;
        base.End();
    }

    private void Join()
    {
        _key = loop.Join(this);
        try
        {
            lock (_lock)
            {
                loop.Control(LibC.EpollAdd, Socket.Descriptor, 0, _key);
                _watched = true;
            }
        }
        catch (Win32Exception e)
        {
            Fail(e);
        }
    }

    private void ReceiveSome()
    {
        for (var i = 0; i < ReceivesPerTurn && Receive(); i++)
        {
        }
    }

    /// <summary>Brings what the kernel watches into line with the connection's state. Any thread.</summary>
    /// <param name="dropInput">
    /// Input arrived that may not be received now: stop watching for it. Not before, because most pauses end sooner, and each
    /// change is a system call.
    /// </param>
    private void Watch(bool dropInput)
    {
        lock (_lock)
        {
            if (!_watched) return;

            var input = MayReceive ? LibC.EpollIn : dropInput ? 0 : _interest & LibC.EpollIn;
            var interest = input | (IsOutputBlocked ? LibC.EpollOut : 0);
            if (interest == _interest) return;

            loop.Control(LibC.EpollModify, Socket.Descriptor, interest, _key);
            _interest = interest;
        }
    }
}
