using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Harness.Nodes;

/// <summary>Sends POSIX signals: .NET itself can only kill.</summary>
internal static partial class Signals
{
    private const int Sigterm = 15;
    private const int Sigcont = 18;
    private const int Sigstop = 19;

    /// <summary>Asks <paramref name="process"/> to end (SIGTERM); one that has ended already is left alone.</summary>
    public static void Terminate(Process process) => Send(process, Sigterm);

    /// <summary>Makes <paramref name="process"/> stand still (SIGSTOP): it keeps all it has and does nothing.</summary>
    public static void Pause(Process process) => Send(process, Sigstop);

    /// <summary>Lets it go on (SIGCONT).</summary>
    public static void Continue(Process process) => Send(process, Sigcont);

    private static void Send(Process process, int signal)
    {
        // The runtime reaps a child as soon as it ends, and only then may its number go to another process.
        if (process.HasExited) return;

        _ = Kill(process.Id, signal);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
