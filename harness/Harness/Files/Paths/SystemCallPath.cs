using Microsoft.Win32.SafeHandles;

namespace Harness.Files.Paths;

/// <summary>pread(2) or pwrite(2), one call an operation.</summary>
internal sealed unsafe class SystemCallPath : IFilePath
{
    private readonly SafeFileHandle _file;
    private readonly bool _writes;

    public SystemCallPath(string path, FileWork work, int flags)
    {
        _file = NativeFiles.Open(path, NativeFiles.ReadWrite | flags);
        _writes = work.Action == FileAction.Write;
        if (work.Advice != Advice.None) NativeFiles.Advise(_file, work.Advice);
    }

    public void Transfer(byte* block, int count, long position)
    {
        if (_writes) NativeFiles.Write(_file, block, count, position);
        else NativeFiles.Read(_file, block, count, position);
    }

    public void Sync() => NativeFiles.Sync(_file);

    public void Dispose() => _file.Dispose();
}
