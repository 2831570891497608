using Microsoft.Win32.SafeHandles;

namespace Harness.Files.Paths;

/// <summary>.NET's own thin way: RandomAccess on a handle.</summary>
internal sealed unsafe class RandomAccessPath(string path, FileWork work) : IFilePath
{
    private readonly SafeFileHandle _file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
    private readonly bool _writes = work.Action == FileAction.Write;

    public void Transfer(byte* block, int count, long position)
    {
        if (_writes) RandomAccess.Write(_file, new ReadOnlySpan<byte>(block, count), position);
        else if (RandomAccess.Read(_file, new Span<byte>(block, count), position) != count) throw new EndOfStreamException();
    }

    public void Sync() => NativeFiles.Sync(_file);

    public void Dispose() => _file.Dispose();
}
