using Microsoft.Win32.SafeHandles;

namespace Harness.Files.Paths;

/// <summary>A copy from or to the mapped file: no system call, but a fault for each page that is not mapped yet.</summary>
internal sealed unsafe class MappedPath : IFilePath
{
    private readonly SafeFileHandle _file;
    private readonly long _length;
    private readonly byte* _memory;
    private readonly bool _writes;

    public MappedPath(string path, FileWork work)
    {
        _file = NativeFiles.Open(path, NativeFiles.ReadWrite);
        _writes = work.Action == FileAction.Write;
        _length = work.FileBytes / work.Threads;
        if (_writes) RandomAccess.SetLength(_file, _length); // Past the end of a file there is nothing to map.
        _memory = NativeFiles.Map(_file, _length, _writes ? NativeFiles.ProtectRead | NativeFiles.ProtectWrite : NativeFiles.ProtectRead, work.Advice);
    }

    public void Transfer(byte* block, int count, long position)
    {
        if (_writes) Buffer.MemoryCopy(block, _memory + position, count, count);
        else Buffer.MemoryCopy(_memory + position, block, count, count);
    }

    // Pages written through a mapping belong to the file: its fdatasync covers them. Source: msync(2), notes on Linux.
    public void Sync() => NativeFiles.Sync(_file);

    public void Dispose()
    {
        NativeFiles.Unmap(_memory, _length);
        _file.Dispose();
    }
}
