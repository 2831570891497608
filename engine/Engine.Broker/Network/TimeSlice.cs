using System.Runtime.InteropServices;
using Engine.Core.Strategies;

namespace Engine.Broker.Network;

/// <summary>How long a thread may run before others have their turn, and so how soon it runs once it is woken.</summary>
/// <remarks>
/// Linux runs whoever is owed processor time and has the earliest deadline, which is a slice away: with a short one a thread that was
/// waiting goes before threads that compute, without a larger share. sched_setattr(2), from Linux 6.12 on; others take it and keep theirs.
/// </remarks>
internal static unsafe partial class TimeSlice
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMicroseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(100);

    private static int _isTold;

    private static nint SetAttributes => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 274 : 314;

    /// <summary>Reads the parameter <c>slice</c>: 0s leaves the system's.</summary>
    public static TimeSpan Of(StrategySpec spec) => spec.Value(
        "slice", Shortest,
        text => Quantity.ParseDuration(text) is { } slice && (slice == TimeSpan.Zero || (slice >= Shortest && slice <= Longest)) ? slice : null,
        Quantity.Format, $"{Quantity.Format(Shortest)} to {Quantity.Format(Longest)}, or 0s for the system's");

    /// <summary>Asks for the calling thread. Where it is refused, that is logged once and nothing changes.</summary>
    public static void Ask(TimeSpan slice)
    {
        if (slice == TimeSpan.Zero) return;

        var attributes = new SchedulingAttributes { Size = (uint)sizeof(SchedulingAttributes), Runtime = (ulong)(slice.Ticks * TimeSpan.NanosecondsPerTick) };
        if (Call(SetAttributes, 0, &attributes, 0) != 0 && Interlocked.Exchange(ref _isTold, 1) == 0)
            NodeLog.Warn($"threads keep the system's time slice: sched_setattr: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Call(nint number, nint thread, SchedulingAttributes* attributes, nint flags);

    // struct sched_attr of sched_setattr(2), first version. Policy 0 is SCHED_OTHER.
    [StructLayout(LayoutKind.Sequential)]
    private struct SchedulingAttributes
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
}
