using System.Collections.Concurrent;
using Engine.Storage;
using Engine.Storage.Native;
using Microsoft.Win32.SafeHandles;

namespace Engine.Tests.Storage;

/// <summary>A page cache write path that gives back what lies behind the log's end gives back no more, and not before it is durable.</summary>
public sealed class DropBehindTests
{
    private const int KeptBytes = 4096;
    private readonly Recording _calls = new();

    [Fact]
    public void EveryBatch_DropsAllButTheNewestBytes()
    {
        using var scratch = Open($"pagecache(dropBehind={KeptBytes / 1024}KiB)");
        scratch.Append(Batches.Series(0, 200));

        Assert.Equal(scratch.Log.SizeBytes - KeptBytes, _calls.Dropped.Max());
        Assert.DoesNotContain(_calls.Dropped, drop => drop <= 0);
        Assert.NotEmpty(scratch.ReadAll(0));
    }

    [Fact]
    public void ByDefault_NothingIsDropped()
    {
        using var scratch = Open("pagecache");
        scratch.Append(Batches.Series(0, 200));
        Assert.Empty(_calls.Dropped);
    }

    private ScratchLog Open(string write) => new(strategies: StorageStrategies.Create(write: write, flush: "every-batch"), calls: _calls);

    private sealed class Recording : FileCalls
    {
        private long _synced;

        public ConcurrentBag<long> Dropped { get; } = [];

        public override void SyncData(SafeFileHandle file)
        {
            var length = RandomAccess.GetLength(file);
            base.SyncData(file);
            Volatile.Write(ref _synced, Math.Max(length, Volatile.Read(ref _synced)));
        }

        public override void DropCached(SafeFileHandle file, long count)
        {
            Assert.InRange(count, 0, Volatile.Read(ref _synced));
            Dropped.Add(count);
            base.DropCached(file, count);
        }
    }
}
