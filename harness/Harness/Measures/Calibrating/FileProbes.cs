using Harness.Files;
using Microsoft.Win32.SafeHandles;

namespace Harness.Measures.Calibrating;

/// <summary>One file that is gone through in several ways; it goes with them.</summary>
internal sealed unsafe class FileProbes : IDisposable
{
    /// <summary>Written over again and again, so that no way of writing has to find new room.</summary>
    public const long FileBytes = 128 << 20;

    private const int BlockBytes = 1 << 20;

    /// <summary>The smallest thing that is made durable: a page.</summary>
    private const int FlushedBytes = 4096;

    private readonly string _path;
    private readonly DirectMemory _noise;
    private long _position;

    private FileProbes(string path, SafeFileHandle file, DirectMemory noise) => (_path, File, _noise) = (path, file, noise);

    /// <summary>The file, all of it in the page cache until <see cref="Overwrite"/> goes past that.</summary>
    public SafeFileHandle File { get; }

    /// <summary>Makes the file in a folder and writes it once.</summary>
    /// <exception cref="IOException">There is no room for it.</exception>
    public static FileProbes Create(string folder, DirectMemory noise)
    {
        var path = Path.Combine(folder, $"calibration-{Environment.ProcessId}.dat");
        var probes = new FileProbes(path, NativeFiles.Open(path, NativeFiles.ReadWrite | NativeFiles.Create), noise);
        for (var done = 0L; done < FileBytes; done += BlockBytes) probes.Write();
        return probes;
    }

    /// <summary>Writes the next block to the page cache.</summary>
    public long Write() => Write(File, BlockBytes);

    /// <summary>Writes back what is in the page cache, so that nobody does it later.</summary>
    public void Settle() => NativeFiles.Sync(File);

    /// <summary>Opens the file a second time, past the page cache (O_DIRECT), and gives a way to write its next block.</summary>
    /// <exception cref="IOException">The file system has no such way.</exception>
    public (SafeFileHandle Device, Func<long> Write) Overwrite()
    {
        var device = NativeFiles.Open(_path, NativeFiles.ReadWrite | NativeFiles.DirectFlag);
        return (device, () => Write(device, BlockBytes));
    }

    /// <summary>Writes a page and makes it durable.</summary>
    public long Flush()
    {
        Write(File, FlushedBytes);
        NativeFiles.Sync(File);
        return 1;
    }

    public void Dispose()
    {
        File.Dispose();
        System.IO.File.Delete(_path);
    }

    private long Write(SafeFileHandle file, int bytes)
    {
        if (_position + bytes > FileBytes) _position = 0;
        var start = _position % (_noise.LengthBytes - bytes) / DirectMemory.Alignment * DirectMemory.Alignment;
        NativeFiles.Write(file, _noise.Start + start, bytes, _position);
        _position += bytes;
        return bytes;
    }
}
