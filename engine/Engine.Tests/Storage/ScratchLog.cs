using Engine.Protocol.Records;
using Engine.Storage;
using Engine.Storage.Cache;
using Engine.Storage.Native;

namespace Engine.Tests.Storage;

/// <summary>A data folder of its own with one log in it, removed afterwards.</summary>
internal sealed class ScratchLog : IDisposable
{
    public static readonly Guid TopicId = Guid.Parse("5f1b0f6e-6f2c-4c6e-9a53-0d6b5f5f2a01");

    private readonly StorageStrategies _strategies;
    private readonly LogOptions _options;
    private readonly FileCalls _calls;
    private readonly TimeProvider _time;

    public ScratchLog(
        LogOptions? options = null, StorageStrategies? strategies = null, FileCalls? calls = null, TimeProvider? time = null, bool onDisk = false,
        string? parent = null)
    {
        Path = NewFolder(onDisk, parent);
        _options = options ?? new LogOptions();
        _strategies = strategies ?? StorageStrategies.Create(flush: "os-cache");
        _calls = calls ?? FileCalls.Kernel;
        _time = time ?? TimeProvider.System;
        (Data, Log) = Open();
    }

    public string Path { get; }

    /// <summary>Whether the log is meant to be gone after a restart.</summary>
    public bool IsVolatile => _strategies.Write.Instance.IsVolatile;

    public DataFolder Data { get; private set; }

    public PartitionLog Log { get; private set; }

    public IBatchCaching Caching => _strategies.Cache.Instance;

    public string[] Files(string pattern) => [.. Directory.GetFiles(Log.Folder, pattern).Order(StringComparer.Ordinal)];

    /// <summary>Stops cleanly and starts again.</summary>
    public void Restart(Action? between = null)
    {
        Data.Dispose();
        between?.Invoke();
        (Data, Log) = Open();
    }

    /// <summary>Goes on in a copy of the folder as it is at this moment: what a kill -9 leaves, since the page cache survives it.</summary>
    public void Crash(Action<string>? between = null)
    {
        var (folder, name) = (Path + "-running", System.IO.Path.GetFileName(Log.Folder));
        var copy = Path + "-copy";
        Directory.CreateDirectory(copy);
        CopyFolder(Path, copy);
        Data.Dispose();
        Directory.Move(Path, folder);
        Directory.Move(copy, Path);
        Directory.Delete(folder, recursive: true);
        between?.Invoke(System.IO.Path.Combine(Path, name));
        (Data, Log) = Open();
    }

    public void Append(params IEnumerable<byte[]> batches)
    {
        foreach (var batch in batches) Log.Append(batch);
    }

    /// <summary>The bytes that one read returns.</summary>
    public byte[] Read(long offset, long bound = long.MaxValue, int maxBytes = int.MaxValue, bool atLeastOneBatch = true)
    {
        Assert.True(Log.TryRead(offset, bound, maxBytes, atLeastOneBatch, out var slice), $"offset {offset} is out of range");
        return Take(slice);
    }

    /// <summary>The slice's bytes, however it holds them; releases it.</summary>
    public static byte[] Take(LogSlice slice)
    {
        var bytes = new byte[slice.Length];
        if (slice.File is { } file) Assert.Equal(bytes.Length, RandomAccess.Read(file, bytes, slice.FilePosition));
        else slice.Memory.CopyTo(bytes);
        slice.Release();
        return bytes;
    }

    /// <summary>Everything from <paramref name="offset"/> on, read the way a consumer does.</summary>
    public byte[] ReadAll(long offset, int maxBytes = 4096)
    {
        var all = new MemoryStream();
        while (offset < Log.EndOffset)
        {
            var bound = Log.EndOffset;
            var bytes = Read(offset, bound, maxBytes).AsSpan();
            // All up to the bound may have been compacted away since it was looked up, and what follows is behind it.
            if (bytes.Length == 0 && Log.EndOffset > bound) continue;
            Assert.NotEqual(0, bytes.Length);
            while (bytes.Length >= BatchHeader.Size && new BatchHeader(bytes).SizeBytes <= bytes.Length)
            {
                var header = new BatchHeader(bytes);
                if (header.NextOffset > offset)
                {
                    all.Write(bytes[..header.SizeBytes]);
                    offset = header.NextOffset;
                }

                bytes = bytes[header.SizeBytes..];
            }
        }

        return all.ToArray();
    }

    public void Dispose()
    {
        Data.Dispose();
        Directory.Delete(Path, recursive: true);
    }

    /// <summary>A folder of its own: in memory where that can be had, since hundreds of flushes to a disk take minutes.</summary>
    /// <param name="onDisk">Whether a tmpfs will not do.</param>
    /// <param name="parent">Where to make it; null where there is room.</param>
    public static string NewFolder(bool onDisk = false, string? parent = null)
    {
        parent ??= !onDisk && Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath();
        return Directory.CreateDirectory(System.IO.Path.Combine(parent, $"testbed-{Guid.NewGuid():N}")).FullName;
    }

    private (DataFolder, PartitionLog) Open()
    {
        var data = DataFolder.Open(Path, 1, null, _strategies, _time, _calls);
        return (data, data.OpenLog("orders", TopicId, 0, _options));
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (var folder in Directory.GetDirectories(from))
            CopyFolder(folder, Directory.CreateDirectory(System.IO.Path.Combine(to, System.IO.Path.GetFileName(folder))).FullName);
        foreach (var file in Directory.GetFiles(from))
        {
            // The lock file is held, which .NET's copy respects; a running log may remove a file under our eyes.
            if (System.IO.Path.GetFileName(file) == ".lock") continue;
            try
            {
                File.Copy(file, System.IO.Path.Combine(to, System.IO.Path.GetFileName(file)));
            }
            catch (FileNotFoundException)
            {
                // As if it had been removed a moment earlier.
            }
        }
    }
}
