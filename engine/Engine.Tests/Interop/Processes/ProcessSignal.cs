using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Engine.Tests.Interop.Processes;

/// <summary>The signals that tests send, by their Linux numbers.</summary>
internal enum ProcessSignal
{
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}

internal static partial class ProcessSignals
{
    public static void Send(this ProcessSignal signal, int processId)
    {
        if (SendSignal(processId, (int)signal) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"cannot signal process {processId}");
    }

    /// <summary>Sends SIGSTOP and comes back once no thread of the process runs any more.</summary>
    /// <remarks>
    /// kill(2) returns once the signal is queued. One thread of the process has to run to take it, and only then tells the others to stop:
    /// on a busy machine they go on working for a while after kill has returned.
    /// </remarks>
    public static void Pause(int processId)
    {
        ProcessSignal.Stop.Send(processId);
        Until.True(() => Directory.GetDirectories($"/proc/{processId}/task").All(IsStopped), $"every thread of process {processId} is stopped");
    }

    // proc_pid_stat(5): the state follows the thread's name, which stands in brackets and may hold brackets itself.
    private static bool IsStopped(string thread)
    {
        try
        {
            var stat = File.ReadAllText(Path.Combine(thread, "stat"));
            return stat[stat.LastIndexOf(')') + 2] == 'T';
        }
        catch (IOException)
        {
            return true; // it ended since the folder was listed
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);
}
