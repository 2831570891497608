using System.Runtime.InteropServices;

namespace Harness.Nodes;

/// <summary>What a process of a run is told, by its number on Linux (signal(7)).</summary>
public enum Signal
{
    /// <summary>It ends at once.</summary>
    Kill = 9,

    /// <summary>It is asked to end.</summary>
    Terminate = 15,

    /// <summary>It goes on.</summary>
    Continue = 18,

    /// <summary>It stands still: it keeps all it has and does nothing.</summary>
    Stop = 19,
}

/// <summary>Sends POSIX signals: .NET itself can only kill.</summary>
internal static partial class Signals
{
    /// <summary>Sends one to a process of this machine; one that is gone is left alone.</summary>
    public static void Send(int pid, Signal signal) => _ = Kill(pid, (int)signal);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
