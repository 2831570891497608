using Engine.Core.Strategies;
using Engine.Storage.Native;
using Microsoft.Win32.SafeHandles;

namespace Engine.Storage.Write;

/// <summary>Keeps segments in memory, in files that no folder names (memfd_create), and so without any disk.</summary>
/// <remarks>
/// Survives nothing: not a restart, not a crash. It is the upper bound that the others are read against, since everything above it
/// stays as it is: such a file takes pwrite, sendfile and mmap, and its flush returns at once. Retention bounds the memory it takes.
/// </remarks>
internal sealed class MemoryWrite : IWritePath
{
    public static IWritePath Create(StrategySpec spec) => new MemoryWrite();

    public bool IsVolatile => true;

    public SafeFileHandle OpenFile(string path, FileMode mode, int flags) => mode == FileMode.CreateNew
        ? FileCalls.OpenInMemory(Path.GetFileName(path))
        : throw new IOException($"{path} was in memory only and is gone");

    public ISegmentWriter Open(SegmentFile file, long position) => new Writer(file);

    public void Verify(string folder)
    {
        var kept = Directory.EnumerateFiles(folder, "*.log", SearchOption.AllDirectories).FirstOrDefault();
        if (kept is not null)
            throw new DataFolderException($"write=memory would leave out what {kept} holds: name an empty folder or choose another write strategy.");
    }

    private sealed class Writer(SegmentFile file) : ISegmentWriter
    {
        public void Write(long position, ReadOnlySpan<byte> bytes) => file.Calls.Write(file.Handle, bytes, position);

        public void Dispose()
        {
            // The handle is the segment file's.
        }
    }
}
