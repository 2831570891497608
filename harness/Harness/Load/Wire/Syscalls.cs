using System.Runtime.InteropServices;

namespace Harness.Load.Wire;

/// <summary>The Linux calls that .NET's sockets do not offer: waiting to the microsecond, sending pieces, dropping bytes unread.</summary>
internal static unsafe partial class Syscalls
{
    public const short PollIn = 0x1;
    public const short PollOut = 0x4;

    /// <summary>The connection is of no more use; <see cref="LastError"/> says why.</summary>
    public const int Lost = -2;

    private const int Interrupted = 4; // EINTR
    private const int TryAgain = 11; // EAGAIN
    private const int DontWait = 0x40; // MSG_DONTWAIT
    private const int Truncate = 0x20; // MSG_TRUNC: on TCP the kernel drops the bytes instead of copying them (tcp(7))
    private const int NoSignal = 0x4000; // MSG_NOSIGNAL
    private const int SetTimerSlack = 29; // PR_SET_TIMERSLACK
    private const int ThreadCpuTime = 3; // CLOCK_THREAD_CPUTIME_ID

    private const ulong ShortestSlice = 100_000; // ns

    public static string LastError => Marshal.GetLastPInvokeErrorMessage();

    /// <summary>Lets this thread run when it should, or the load would measure itself.</summary>
    /// <remarks>
    /// Waits end within a nanosecond of what they ask; Linux rounds them up by 50 us otherwise. And once woken it goes before threads
    /// that compute: a short time slice gives it an early deadline, not a larger share (sched_setattr(2); Linux before 6.12 ignores it).
    /// </remarks>
    public static void WakeOnTime()
    {
        if (prctl(SetTimerSlack, 1, 0, 0, 0) != 0) throw Failed("prctl(PR_SET_TIMERSLACK)");
        var attributes = new SchedulingAttributes { Size = (uint)sizeof(SchedulingAttributes), Runtime = ShortestSlice };
        // A sandbox may refuse it: the load is then as punctual as the system makes it, which the report's lateness shows.
        _ = syscall(SetAttributes, 0, &attributes, 0);
    }

    private static nint SetAttributes => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 274 : 314;

    /// <summary>CPU time of the calling thread in nanoseconds.</summary>
    public static long ThreadCpuNanoseconds()
    {
        TimeSpec time;
        if (clock_gettime(ThreadCpuTime, &time) != 0) throw Failed("clock_gettime");
        return time.Seconds * 1_000_000_000 + time.Nanoseconds;
    }

    /// <summary>Waits until a socket is ready or the time is over; a signal ends the wait early.</summary>
    public static void Wait(Span<PollEntry> entries, long timeoutNanoseconds)
    {
        var time = new TimeSpec
        {
            Seconds = Math.Max(0, timeoutNanoseconds) / 1_000_000_000,
            Nanoseconds = Math.Max(0, timeoutNanoseconds) % 1_000_000_000,
        };
        foreach (ref var entry in entries) entry.Ready = 0;
        fixed (PollEntry* first = entries)
            if (ppoll(first, (nuint)entries.Length, &time, null) < 0 && Marshal.GetLastPInvokeError() != Interrupted) throw Failed("ppoll");
    }

    /// <summary>Receives what is there; 0 when the other side has closed, -1 when there is nothing yet, <see cref="Lost"/>.</summary>
    public static int Receive(int socket, Span<byte> into)
    {
        fixed (byte* bytes = into) return Result(recv(socket, bytes, (nuint)into.Length, DontWait));
    }

    /// <summary>Drops up to <paramref name="count"/> received bytes; answers as <see cref="Receive"/>.</summary>
    public static int Drop(int socket, int count) => Result(recv(socket, null, (nuint)count, DontWait | Truncate));

    /// <summary>Sends the pieces in order, as far as the kernel has room; -1 when it has none, <see cref="Lost"/>.</summary>
    public static int Send(int socket, ReadOnlySpan<IoVector> pieces)
    {
        fixed (IoVector* first = pieces)
        {
            var message = new MessageHeader { Pieces = first, PieceCount = (nuint)pieces.Length };
            return Result(sendmsg(socket, &message, DontWait | NoSignal));
        }
    }

    private static int Result(nint result) =>
        result >= 0 ? (int)result : Marshal.GetLastPInvokeError() is TryAgain or Interrupted ? -1 : Lost;

    private static LoadException Failed(string call) => new($"{call}: {LastError}");

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, ulong a, ulong b, ulong c, ulong d);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint thread, SchedulingAttributes* attributes, nint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, TimeSpec* time);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ppoll(PollEntry* entries, nuint count, TimeSpec* timeout, void* signalMask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(int socket, MessageHeader* message, int flags);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Pieces;
        public nuint PieceCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }
}

/// <summary>How a thread is scheduled. The kernel's <c>sched_attr</c>, its first version; policy 0 is the ordinary one.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SchedulingAttributes
{
    public uint Size;
    public uint Policy;
    public ulong Flags;
    public int Nice;
    public uint Priority;
    public ulong Runtime;
    public ulong Deadline;
    public ulong Period;
}

/// <summary>A socket to wait for: what for, and after the wait what came true. The kernel's <c>pollfd</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollEntry
{
    public int Socket;
    public short Wanted;
    public short Ready;
}

/// <summary>A piece of memory to send. The kernel's <c>iovec</c>; the memory must be pinned.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    public byte* Bytes;
    public nuint Length;
}
