using Engine.Storage.Native;
using Microsoft.Win32.SafeHandles;

namespace Engine.Tests.Storage;

/// <summary>The kernel's file calls, counted, and failing when told to.</summary>
internal sealed class TestCalls : FileCalls
{
    private int _syncs;
    private int _segmentSyncs;
    private int _folderSyncs;

    private long _bytesRead;

    public long BytesRead => Volatile.Read(ref _bytesRead);

    public int Syncs => Volatile.Read(ref _syncs);

    public int FolderSyncs => Volatile.Read(ref _folderSyncs);

    /// <summary>Calls of SyncData from now on fail, once per count, as fdatasync does when a write to the disk has failed.</summary>
    public int FailingSyncs { get; set; }

    /// <summary>Calls of Write from now on write half and fail, as on a full disk.</summary>
    public bool IsDiskFull { get; set; }

    /// <summary>Calls of SyncData for segments, not for the small files beside them.</summary>
    public int SegmentSyncs => Volatile.Read(ref _segmentSyncs);

    public override void SyncData(SafeFileHandle file)
    {
        Interlocked.Increment(ref _syncs);
        if (NameOf(file).EndsWith(".log", StringComparison.Ordinal)) Interlocked.Increment(ref _segmentSyncs);
        if (FailingSyncs-- > 0) throw new IOException("fdatasync: Input/output error (errno 5)", 5);
        base.SyncData(file);
    }

    /// <summary>The stretches that StartWriteback was called for.</summary>
    public List<(long Position, long Count)> Started { get; } = [];

    public override void StartWriteback(SafeFileHandle file, long position, long count)
    {
        Started.Add((position, count));
        base.StartWriteback(file, position, count);
    }

    public override int Read(SafeFileHandle file, Span<byte> bytes, long position)
    {
        var count = base.Read(file, bytes, position);
        Interlocked.Add(ref _bytesRead, count);
        return count;
    }

    public override void SyncFolder(string folder)
    {
        Interlocked.Increment(ref _folderSyncs);
        base.SyncFolder(folder);
    }

    /// <summary>The path that an open file has now.</summary>
    public static string NameOf(SafeFileHandle file) => File.ResolveLinkTarget($"/proc/self/fd/{file.DangerousGetHandle()}", false)!.FullName;

    public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long position)
    {
        if (!IsDiskFull)
        {
            base.Write(file, bytes, position);
            return;
        }

        base.Write(file, bytes[..(bytes.Length / 2)], position);
        throw new IOException("pwrite: No space left on device (errno 28)", 28);
    }
}

/// <summary>A clock that stands still until it is moved.</summary>
internal sealed class TestTime : TimeProvider
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1_000_000);
    private DateTimeOffset _now = Start;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => (_now - Start).Ticks;

    public void Advance(TimeSpan time) => _now += time;
}
