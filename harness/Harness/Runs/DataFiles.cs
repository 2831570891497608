using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Harness.Runs;

/// <summary>What the page cache holds of a node's records: written back, and dropped, from outside the node.</summary>
/// <remarks>Records are in the <c>.log</c> files, as every Kafka-like broker names them.</remarks>
internal static partial class DataFiles
{
    private const string Records = "*.log";

    private const int DontNeed = 4; // POSIX_FADV_DONTNEED

    /// <summary>Writes back everything that is dirty in the files below <paramref name="folder"/> and waits for it.</summary>
    /// <exception cref="IOException">The device refused.</exception>
    public static void Flush(string folder) => ForEach(folder, file =>
    {
        // fsync through any descriptor covers all of the file's dirty pages, whoever wrote them. Its own result is checked
        // because .NET's FlushToDisk does not report a failure.
        if (FSync(file.DangerousGetHandle().ToInt32()) != 0)
            throw new IOException($"fsync below {folder}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    });

    /// <summary>Drops the clean pages of the files below <paramref name="folder"/>; pages that a process has mapped and touched stay.</summary>
    public static void Drop(string folder) => ForEach(folder, file =>
    {
        var error = FAdvise(file.DangerousGetHandle().ToInt32(), 0, 0, DontNeed);
        if (error != 0) throw new IOException($"posix_fadvise below {folder}: {new Win32Exception(error).Message}");
    });

    private static void ForEach(string folder, Action<SafeHandle> act)
    {
        foreach (var path in Directory.EnumerateFiles(folder, Records, SearchOption.AllDirectories))
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            act(file);
        }
    }

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int FAdvise(int descriptor, long offset, long length, int advice);
}
