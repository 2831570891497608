namespace Harness.Files.Paths;

/// <summary>.NET's FileStream, with or without its buffer. Blocks as large as the buffer go past it.</summary>
internal sealed unsafe class StreamPath(string path, FileWork work, int bufferBytes) : IFilePath
{
    private readonly FileStream _stream = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferBytes);
    private readonly bool _writes = work.Action == FileAction.Write;

    public void Transfer(byte* block, int count, long position)
    {
        if (_stream.Position != position) _stream.Position = position;
        if (_writes) _stream.Write(new ReadOnlySpan<byte>(block, count));
        else _stream.ReadExactly(new Span<byte>(block, count));
    }

    public void Sync()
    {
        _stream.Flush();
        NativeFiles.Sync(_stream.SafeFileHandle);
    }

    public void Dispose() => _stream.Dispose();
}
