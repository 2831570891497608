using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Engine.Core;
using Engine.Core.Cluster;
using Microsoft.Win32.SafeHandles;

namespace Engine.Broker.Metadata;

/// <summary>Shows the other processes of this machine that this one runs: the monotonic clock, again and again, in shared memory.</summary>
/// <remarks>
/// <para>CLOCK_MONOTONIC is one clock for all processes of a machine, so this node and those who read its beat compute its silence from
/// the same two numbers: when they may take it for dead, <see cref="SessionClock.HoldsAt"/> is false here already.</para>
/// <para>The memory is a memfd_create(2) of this process, which others open as /proc/PID/fd/N. A file in the cluster's folder would do
/// for reading, but storing into one waits for the disk whenever the file system has just written the page back, and a node whose disk
/// is slow is not dead. It also leaves nothing behind. The thread does nothing else, so nothing else can hold it up.</para>
/// </remarks>
internal sealed partial class Heartbeat : IDisposable
{
    private readonly SessionTimes _times;
    private readonly Action _onGap;
    private readonly SafeFileHandle _memory;
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _beat;
    private readonly ManualResetEventSlim _stop = new(initialState: false, spinCount: 0);
    private readonly Thread _thread;

    private readonly SessionClock _session;
    private long _steadySince; // since when no two beats were half a session apart, in nanoseconds

    /// <param name="onGap">Called, on the heartbeat's thread, when a session was over: it must only wake somebody.</param>
    public Heartbeat(SessionTimes times, Action onGap)
    {
        (_times, _onGap) = (times, onGap);
        _memory = CreateMemory("testbed-heartbeat", MemoryCloseOnExec);
        if (_memory.IsInvalid) throw new IOException($"memfd_create: {Marshal.GetLastPInvokeErrorMessage()}");
        RandomAccess.SetLength(_memory, sizeof(long));
        _mapping = MemoryMappedFile.CreateFromFile(
            _memory, mapName: null, sizeof(long), MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
        _beat = _mapping.CreateViewAccessor(0, sizeof(long));
        _session = new SessionClock(times.Timeout, MonotonicClock.Now);
        _steadySince = _session.Last.Nanoseconds;
        _beat.Write(0, _steadySince);
        _thread = new Thread(Run) { Name = "heartbeat", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Where other processes find it.</summary>
    public string Path => $"/proc/{Environment.ProcessId}/fd/{_memory.DangerousGetHandle()}";

    /// <summary>What the others may think of this node, or worse.</summary>
    public SessionClock Session => _session;

    /// <summary>Since when this process has run without a break, as far as can be told at <paramref name="now"/>.</summary>
    /// <remarks>
    /// Another node's silence counts from here at the earliest: one that was stopped and wakes finds every clock far ahead of all it has
    /// read, and the others may have been stopped with it. Asked before the heartbeat's own thread woke, the answer is "just now".
    /// </remarks>
    public Instant SteadySince(Instant now) => now - _session.Last >= _times.Timeout / 2 ? now : new Instant(Volatile.Read(ref _steadySince));

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _beat.Dispose();
        _mapping.Dispose();
        _memory.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        while (!_stop.Wait(_times.HeartbeatInterval))
        {
            var now = MonotonicClock.Now;
            var silence = now - _session.Last;
            var isOver = _session.IsOverAt(now);
            // Before the beat: whoever finds it fresh must also find that there was a gap.
            if (isOver) _session.CountGap();
            if (silence >= _times.Timeout / 2) Volatile.Write(ref _steadySince, now.Nanoseconds);
            // Shown to the others first: stopped between the two, this node thinks itself older than they do.
            _beat.Write(0, now.Nanoseconds);
            _session.Renew(now);
            if (isOver) _onGap();
        }
    }

    private const uint MemoryCloseOnExec = 1; // MFD_CLOEXEC

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial SafeFileHandle CreateMemory(string name, uint flags);
}
