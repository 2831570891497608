using Microsoft.Win32.SafeHandles;

namespace Harness.Files.Paths;

/// <summary>pwritev(2): one call for several pieces, as a log has that writes batches where they were received.</summary>
internal sealed unsafe class GatherPath(string path) : IFilePath
{
    private const int Pieces = 8;

    private readonly SafeFileHandle _file = NativeFiles.Open(path, NativeFiles.ReadWrite);

    public void Transfer(byte* block, int count, long position) => NativeFiles.WriteGathered(_file, block, count, Math.Min(Pieces, count), position);

    public void Sync() => NativeFiles.Sync(_file);

    public void Dispose() => _file.Dispose();
}
