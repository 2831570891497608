using Engine.Storage.Native;

namespace Engine.Storage;

/// <summary>Small files that are replaced as a whole and survive a crash: the old content or the new, never a mixture.</summary>
public static class DurableFile
{
    /// <summary>Replaces the file's content; on return it survives a power cut.</summary>
    /// <exception cref="IOException">Not written; the old content is still there. A failed fsync counts as not written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content) => Write(path, content, FileCalls.Kernel);

    internal static void Write(string path, ReadOnlySpan<byte> content, FileCalls calls)
    {
        // The bytes must be durable before the name points at them, and the name before the caller relies on it.
        var temporary = path + ".tmp";
        using (var file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write, FileShare.ReadWrite))
        {
            calls.Write(file, content, 0);
            calls.SyncData(file);
        }

        File.Move(temporary, path, overwrite: true);
        calls.SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Replaces the content of a file that is checked before it is relied upon: it may be gone, or be empty, after a power cut.</summary>
    /// <exception cref="IOException">Not written; the old content is still there.</exception>
    public static void WriteUnflushed(string path, ReadOnlySpan<byte> content) => WriteUnflushed(path, content, FileCalls.Kernel);

    internal static void WriteUnflushed(string path, ReadOnlySpan<byte> content, FileCalls calls)
    {
        var temporary = path + ".tmp";
        using (var file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write, FileShare.ReadWrite)) calls.Write(file, content, 0);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>The file's content, or null when there is none.</summary>
    public static byte[]? TryRead(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Makes the names of files created, renamed and removed in <paramref name="folder"/> durable.</summary>
    /// <exception cref="IOException">They may not be.</exception>
    public static void SyncFolder(string folder) => FileCalls.Kernel.SyncFolder(folder);
}
