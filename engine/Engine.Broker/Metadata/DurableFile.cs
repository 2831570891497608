using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Engine.Broker.Metadata;

/// <summary>Small files that are replaced as a whole and survive a crash: the old content or the new, never a mixture.</summary>
internal static partial class DurableFile
{
    /// <exception cref="IOException">The old content may still be there. A failed fsync counts as not written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        // The bytes must be durable before the name points at them, and the name before the caller relies on it.
        var temporary = path + ".tmp";
        using (var file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write, FileShare.ReadWrite))
        {
            RandomAccess.Write(file, content, 0);
            Sync(file);
        }

        File.Move(temporary, path, overwrite: true);
        var descriptor = Open(Path.GetDirectoryName(Path.GetFullPath(path))!, 0, 0);
        using var folder = new SafeFileHandle(descriptor, ownsHandle: true);
        Sync(folder);
    }

    // Not RandomAccess.FlushToDisk: .NET 10 returns normally from it when fsync fails.
    private static void Sync(SafeFileHandle file)
    {
        if (FSync(file) != 0) throw new IOException($"fsync: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);
}
