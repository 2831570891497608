using Engine.Storage.Native;
using Microsoft.Win32.SafeHandles;

namespace Engine.Tests.Broker.Network;

/// <summary>A disk that a test holds up: bytes before <see cref="ColdBefore"/> are in no memory, and whoever reads them waits for <see cref="Allow"/>.</summary>
internal sealed class SlowDisk : FileCalls, IDisposable
{
    private readonly SemaphoreSlim _permits = new(0);
    private readonly SemaphoreSlim _waits = new(0);
    private readonly HashSet<long> _firstBytesRead = [];
    private long _coldBefore;
    private volatile bool _free;

    /// <summary>In every file. 0: all is in memory.</summary>
    public long ColdBefore
    {
        get => Volatile.Read(ref _coldBefore);
        set => Volatile.Write(ref _coldBefore, value);
    }

    /// <summary>Whether bytes seem to be in no memory even when they have just been read, as on file systems that keep their pages elsewhere.</summary>
    public bool HidesPages { get; set; }

    /// <summary>Called on the threads that read from the disk.</summary>
    public Action? OnRead { get; set; }

    /// <summary>Returns once one more reader has come to wait.</summary>
    public void AwaitReader() => Assert.True(_waits.Wait(Host.Patience), "nobody reads from the disk");

    /// <summary>Lets so many reads pass.</summary>
    public void Allow(int reads) => _permits.Release(reads);

    /// <summary>Lets all reads pass from now on, those too that wait.</summary>
    public void AllowAll()
    {
        _free = true;
        _permits.Release(1000);
    }

    public override int Read(SafeFileHandle file, Span<byte> bytes, long position)
    {
        Wait(position);
        return base.Read(file, bytes, position);
    }

    public override void BringIn(SafeFileHandle file, long position, long count)
    {
        Wait(position);
        lock (_firstBytesRead) _firstBytesRead.Add(position);
    }

    // Memory is so short that of what was brought in only the first byte can be found again.
    public override bool HoldsCached(SafeFileHandle file, long position, long count, bool filled)
    {
        if (position >= ColdBefore) return true;
        lock (_firstBytesRead) return count == 1 && !HidesPages && _firstBytesRead.Contains(position);
    }

    public override nint ReadCached(SafeFileHandle file, Span<byte> bytes, long position) =>
        position < ColdBefore ? PageCache.NotThere : base.ReadCached(file, bytes, position);

    public void Dispose()
    {
        _permits.Dispose();
        _waits.Dispose();
    }

    private void Wait(long position)
    {
        if (position >= ColdBefore) return;
        OnRead?.Invoke();
        if (_free) return;
        _waits.Release();
        Assert.True(_permits.Wait(Host.Patience), "the test never let the disk go on");
    }
}
