using Microsoft.Win32.SafeHandles;

namespace Engine.Broker.Network;

/// <summary>A piece of a log to send: a file range, or memory.</summary>
internal readonly struct LogSlice
{
    private readonly IDisposable? _owner;

    private LogSlice(SafeFileHandle? file, long filePosition, ReadOnlyMemory<byte> memory, int length, IDisposable? owner)
    {
        File = file;
        FilePosition = filePosition;
        Memory = memory;
        Length = length;
        _owner = owner;
    }

    public SafeFileHandle? File { get; }

    public long FilePosition { get; }

    public ReadOnlyMemory<byte> Memory { get; }

    public int Length { get; }

    public static LogSlice OfFile(SafeFileHandle file, long position, int length, IDisposable owner) =>
        new(file, position, default, length, owner);

    public static LogSlice OfMemory(ReadOnlyMemory<byte> memory, IDisposable owner) => new(null, 0, memory, memory.Length, owner);

    public void Release() => _owner?.Dispose();
}
