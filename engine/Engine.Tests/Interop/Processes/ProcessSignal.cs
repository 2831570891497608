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

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);
}
