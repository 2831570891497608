using System.Net;
using Engine.Broker.Network.Sockets;

namespace Engine.Broker.Network.Threads;

/// <summary>A connection on a blocking socket with a thread that reads, and one that writes once it is needed.</summary>
/// <remarks>
/// The reader sends its handler's own answers and waits for that: a peer that does not take answers is not asked for more
/// requests. Other threads never wait: they send from memory what the socket takes, and leave the rest and all file ranges,
/// which cannot be sent from a blocking socket without waiting, to the writer. An idle connection holds the block that its
/// reader waits with, 4 to 256 KiB by its recent traffic; that belongs to the price of this strategy.
/// </remarks>
internal sealed class ThreadConnection : SocketConnection
{
    private const int StackBytes = 1 << 20;

    private readonly object _gate = new(); // a monitor: readers and writers wait on it for the state to change
    private readonly TimeSpan _slice;
    private readonly Action<ThreadConnection> _onEnd;
    private readonly Thread _reader;
    private Thread? _writer;
    private bool _ended;

    public ThreadConnection(
        SocketHandle socket, Passage passage, EndPoint? remote, string name, TimeSpan slice, DiskThreads disk, Action<EndPoint?, Exception> report,
        Action<ThreadConnection> onEnd)
        : base(socket, passage, remote, blocks: true, disk, report)
    {
        (_slice, _onEnd) = (slice, onEnd);
        _reader = new(Read, StackBytes) { Name = name, IsBackground = true };
    }

    /// <summary>Begins to read; without the means for another thread the connection is ended instead.</summary>
    public void Start()
    {
        if (TryStart(_reader)) return;
        End();
        _onEnd(this);
    }

    /// <summary>Waits until the connection has ended, unless this is its own thread.</summary>
    public void Join()
    {
        if (_reader != Thread.CurrentThread) _reader.Join();
    }

    protected override void Wake()
    {
        lock (_gate)
        {
            if (IsClosing && !_ended) _ = LibC.Shutdown(Socket.Descriptor, LibC.ShutdownBoth); // wakes whoever waits in the kernel
            Monitor.PulseAll(_gate);
        }
    }

    protected override void OutputBlocked()
    {
        lock (_gate)
        {
            if (IsClosing) return;
            if (_writer is null)
            {
                var writer = new Thread(Write, StackBytes) { Name = _reader.Name + "w", IsBackground = true };
                if (TryStart(writer)) _writer = writer;
            }

            Monitor.PulseAll(_gate);
        }
    }

    protected override void End()
    {
        lock (_gate) _ended = true;
        base.End();
    }

    // Past the limit of threads, and past that of files too, Thread.Start says that it is out of memory.
    private bool TryStart(Thread thread)
    {
        try
        {
            thread.Start();
            return true;
        }
        catch (OutOfMemoryException e)
        {
            Fail(new IOException("there is no thread for the connection: too many threads or open files", e));
            return false;
        }
    }

    private void Read()
    {
        TimeSlice.Ask(_slice);
        while (!IsClosing)
        {
            WaitUntilMayReceive();
            if (!OfferAgainIfResumed() && MayReceive) Receive();
        }

        Wake();
        _writer?.Join(); // none is started any more: it looked at IsClosing under the gate that Wake has passed
        End();
        _onEnd(this);
    }

    private void WaitUntilMayReceive()
    {
        if (MayReceive) return;
        lock (_gate)
        {
            while (!IsClosing && !MayReceive) Monitor.Wait(_gate);
        }
    }

    private void Write()
    {
        TimeSlice.Ask(_slice);
        while (true)
        {
            lock (_gate)
            {
                while (!IsClosing && !IsOutputBlocked) Monitor.Wait(_gate);
                if (IsClosing) return;
            }

            SendRest();
        }
    }
}
