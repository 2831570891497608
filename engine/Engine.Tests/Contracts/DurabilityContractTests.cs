using Engine.Storage;
using Engine.Storage.Native;
using Engine.Storage.Write;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Storage;
using Microsoft.Win32.SafeHandles;

namespace Engine.Tests.Contracts;

/// <summary>What every write path keeps under every flush policy when the disk does not play along: it says so, and what it promised stays.</summary>
public sealed class DurabilityContractTests
{
    private const int Enough = 400; // Batches, more than any disk or policy here takes.

    public static TheoryData<string> EveryStrategy => [.. ChosenLog.EveryWriteAndFlush];

    [Theory, MemberData(nameof(EveryStrategy))]
    public void Append_DiskFull_GoesOfflineAndKeepsWhatItStored(string choice)
    {
        // A disk that is really full where one can be had; segments in memory have none.
        var isInMemory = ChosenLog.Strategies(choice).Write.Instance.IsVolatile;
        var disk = isInMemory ? null : MemoryDisk.Small;
        var calls = disk is null ? new SmallDisk(8 << 20) : FileCalls.Kernel;
        using var scratch = ChosenLog.Open(choice, new LogOptions { SegmentBytes = 1 << 20 }, calls, disk?.Path);
        var reserve = Path.Combine(scratch.Path, "reserve"); // For what recovery has to write.
        File.WriteAllBytes(reserve, new byte[1 << 20]);
        var batches = Enumerable.Range(0, Enough).Select(i => Batches.Make(i, 1, 100_000)).ToList();

        var appended = AppendUntilOffline(scratch.Log, batches, out var stored);

        Assert.InRange(appended, 10, Enough - 1);
        Assert.True(stored >= 10, $"{stored} of {appended} batches are stored");
        AssertOffline(scratch.Log, batches[appended]);
        if (isInMemory) return;

        File.Delete(reserve);
        (calls as SmallDisk)?.Grow();
        scratch.Restart();
        Assert.False(scratch.Data.WasCleanShutdown);
        Assert.InRange(scratch.Log.EndOffset, stored, appended + 1);
        Assert.Equal(batches.Take((int)scratch.Log.EndOffset).SelectMany(batch => batch), scratch.ReadAll(0));
    }

    [Theory, MemberData(nameof(EveryStrategy))]
    public void Append_DiskFailsToFlushOnce_StoresNothingEverAfter(string choice)
    {
        var (isInMemory, flush) = (ChosenLog.Strategies(choice).Write.Instance.IsVolatile, ChosenLog.Strategies(choice).Flush.Instance);
        var calls = new FailingDisk(isEachWriteDurable: isInMemory && flush.WritesThrough); // memfd_create knows no O_DSYNC.
        using var scratch = ChosenLog.Open(choice, calls: calls);
        var batches = Enumerable.Range(0, Enough).Select(i => Batches.Make(i, 1, 1000)).ToList();
        scratch.Append(batches.Take(10));
        scratch.Log.EnsureStored();
        Assert.Equal(10, scratch.Log.StoredOffset);

        calls.Fail();
        var appended = 10 + AppendUntilOffline(scratch.Log, batches[10..], out var stored);

        // Where acknowledgements wait for the disk, none was given for the batch it failed on or for any after it.
        if (flush.HoldsAcknowledgement) Assert.Equal((10, 10), (stored, scratch.Log.StoredOffset));
        AssertOffline(scratch.Log, batches[appended]);
        Assert.Equal(1, calls.Failures);
        Assert.Equal(0, calls.AfterFailure); // The kernel would say that the next one succeeded: it must not be asked.
    }

    /// <summary>Appends and has stored one batch after the other until the log refuses.</summary>
    /// <returns>How many it took.</returns>
    private static int AppendUntilOffline(PartitionLog log, IReadOnlyList<byte[]> batches, out long stored)
    {
        stored = log.StoredOffset;
        var taken = 0;
        try
        {
            foreach (var batch in batches.SkipLast(1))
            {
                log.Append(batch);
                taken++;
                log.EnsureStored();
                stored = Math.Max(stored, log.StoredOffset);
            }
        }
        catch (LogOfflineException)
        {
            // What is waited for.
        }

        Until.True(() => log.IsOffline, "it goes offline");
        return taken;
    }

    private static void AssertOffline(PartitionLog log, byte[] next)
    {
        var stored = log.StoredOffset;
        Assert.Throws<LogOfflineException>(() => log.Append(next));
        Assert.Throws<LogOfflineException>(log.EnsureStored);
        Assert.Throws<LogOfflineException>(() => log.TryRead(0, long.MaxValue, 100, true, out _));
        Assert.Equal(stored, log.StoredOffset);
    }

    /// <summary>A disk that takes so many bytes of each file and no more.</summary>
    private sealed class SmallDisk(long fileBytes) : FileCalls
    {
        private long _fileBytes = fileBytes;
        private long _taken;

        public void Grow() => Volatile.Write(ref _fileBytes, long.MaxValue);

        public override bool Allocate(SafeFileHandle file, long position, long count, bool extends = false) =>
            (!extends || Take(count)) && base.Allocate(file, position, count, extends);

        public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long position)
        {
            if (!Take(bytes.Length)) throw Full();
            base.Write(file, bytes, position);
        }

        public override void Write(SafeFileHandle file, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, long position)
        {
            if (!Take(first.Length + second.Length)) throw Full();
            base.Write(file, first, second, position);
        }

        public override void Begin(DirectBlocks blocks, int block, SafeFileHandle file, int count, long position)
        {
            if (!Take(count)) throw Full();
            base.Begin(blocks, block, file, count, position);
        }

        private bool Take(long count) => Interlocked.Add(ref _taken, count) <= Volatile.Read(ref _fileBytes);

        private static IOException Full() => new("pwrite: No space left on device (errno 28)", 28);
    }

    /// <summary>A disk that fails once to make something durable, as a disk that loses a sector does; from then on it counts who asks.</summary>
    private sealed class FailingDisk(bool isEachWriteDurable) : FileCalls
    {
        private int _armed;
        private int _failed;
        private int _after;

        public int Failures => Volatile.Read(ref _failed);

        public int AfterFailure => Volatile.Read(ref _after);

        public void Fail() => Volatile.Write(ref _armed, 1);

        public override void SyncData(SafeFileHandle file)
        {
            Asked();
            base.SyncData(file);
        }

        public override void SyncMapped(nint address, long count)
        {
            Asked();
            base.SyncMapped(address, count);
        }

        public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long position)
        {
            if (IsWrittenThrough(file)) Asked();
            base.Write(file, bytes, position);
        }

        public override void Write(SafeFileHandle file, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, long position)
        {
            if (IsWrittenThrough(file)) Asked();
            base.Write(file, first, second, position);
        }

        public override void Begin(DirectBlocks blocks, int block, SafeFileHandle file, int count, long position)
        {
            if (IsWrittenThrough(file)) Asked();
            base.Begin(blocks, block, file, count, position);
        }

        private bool IsWrittenThrough(SafeFileHandle file)
        {
            if (isEachWriteDurable) return true;
            var flags = File.ReadLines($"/proc/self/fdinfo/{file.DangerousGetHandle()}").First(line => line.StartsWith("flags:", StringComparison.Ordinal));
            return (Convert.ToInt32(flags["flags:".Length..].Trim(), 8) & Libc.DataSync) != 0;
        }

        private void Asked()
        {
            if (Interlocked.CompareExchange(ref _armed, 2, 1) == 1)
            {
                Interlocked.Increment(ref _failed);
                throw new IOException("fdatasync: Input/output error (errno 5)", 5);
            }

            if (Volatile.Read(ref _armed) == 2) Interlocked.Increment(ref _after);
        }
    }
}
