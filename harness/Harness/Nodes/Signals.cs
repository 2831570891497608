using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Harness.Nodes;

/// <summary>Sends POSIX signals: .NET itself can only kill.</summary>
internal static partial class Signals
{
    private const int Sigterm = 15;

    /// <summary>Asks <paramref name="process"/> to end (SIGTERM); one that has ended already is left alone.</summary>
    public static void Terminate(Process process)
    {
        // The runtime reaps a child as soon as it ends, and only then may its number go to another process.
        if (process.HasExited) return;

        _ = Kill(process.Id, Sigterm);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
