using Engine.Storage;
using Engine.Storage.Native;
using Engine.Storage.Write;
using Microsoft.Win32.SafeHandles;

namespace Engine.Tests.Storage;

/// <summary>When write paths write what they are given, in how many calls.</summary>
public sealed class WritePathTests
{
    private readonly CountedCalls _calls = new();

    [Fact]
    public void Gather_SmallAppendsNotYetFlushed_AreOneWrite()
    {
        using var scratch = Open("gather(hold=64KiB)", "group-commit(maxDelay=10min)");
        var batches = Batches.Series(0, 50);
        scratch.Append(batches);
        Assert.Equal(0, _calls.Gathered);

        scratch.Log.EnsureStored();
        Assert.Equal((1, 0), (_calls.Gathered, _calls.Plain));
        Assert.Equal(batches.SelectMany(batch => batch), scratch.ReadAll(0));
    }

    [Fact]
    public void Gather_AppendThatDoesNotFit_GoesOutBesideWhatIsHeld()
    {
        using var scratch = Open("gather(hold=4KiB)", "group-commit(maxDelay=10min)");
        byte[][] batches = [Batches.Make(0, 1, 1000), Batches.Make(1, 1, 1000), Batches.Make(2, 1, 100_000), Batches.Make(3, 1, 1000)];
        scratch.Append(batches[..3]);
        Assert.Equal((1, batches[..3].Sum(batch => batch.Length)), (_calls.Gathered, _calls.GatheredBytes));

        scratch.Append(batches[3]);
        Assert.Equal(1, _calls.Gathered);
        Assert.Equal(batches.SelectMany(batch => batch), scratch.ReadAll(0));
    }

    [Fact]
    public void Gather_Read_EndsTheHold()
    {
        using var scratch = Open("gather", "group-commit(maxDelay=10min)");
        scratch.Append(Batches.Make(0, 3));

        Assert.Equal(Batches.Make(0, 3), scratch.Read(0));
        Assert.Equal((1, 0), (_calls.Gathered, scratch.Log.StoredOffset));
    }

    [Fact]
    public void Gather_AcknowledgementsDoNotWait_HoldsNothing()
    {
        using var scratch = Open("gather", "interval(10min)");
        for (var i = 0; i < 10; i++)
        {
            scratch.Append(Batches.Make(i));
            Assert.Equal(i + 1, _calls.Gathered);
        }
    }

    [Fact]
    public void Direct_AppendOfSeveralBlocks_HasThemInFlightTogether()
    {
        using var scratch = Open("direct(block=64KiB, depth=3)", "os-cache");
        var batches = Enumerable.Range(0, 4).Select(i => Batches.Make(i, 1, 1_000_000)).ToList();
        scratch.Append(batches);

        Assert.InRange(_calls.MostInFlight, 2, 3);
        Assert.Equal(batches.SelectMany(batch => batch), scratch.ReadAll(0));
    }

    [Fact]
    public void Direct_AcknowledgementsWaitForTheFlush_BlocksAreUnderWayAcrossAppends()
    {
        using var scratch = Open("direct(block=64KiB, depth=4)", "group-commit(maxDelay=10min, maxBytes=1GiB)");
        var batches = Enumerable.Range(0, 20).Select(i => Batches.Make(i, 1, 20_000)).ToList();
        scratch.Append(batches);
        Assert.Equal((6, 0), (_calls.Begun, _calls.Plain)); // 400 KB are six full blocks; the seventh is still filling.

        scratch.Log.EnsureStored();
        Assert.Equal(7, _calls.Begun + _calls.Plain);
        Assert.Equal(batches.SelectMany(batch => batch), scratch.ReadAll(0));
    }

    [Fact]
    public void Direct_AppendOfUpToTwoBlocks_IsOneWrite()
    {
        using var scratch = Open("direct(block=64KiB)", "os-cache");
        for (var i = 0; i < 10; i++) scratch.Append(Batches.Make(i, 1, 120_000));

        Assert.Equal((0, 10), (_calls.Begun, _calls.Plain));
    }

    [Fact]
    public void Mapped_Append_WritesByNoCall()
    {
        using var scratch = Open("mapped", "os-cache");
        var batches = Batches.Series(0, 100);
        scratch.Append(batches);

        Assert.Equal((0, 0), (_calls.Plain, _calls.Gathered));
        Assert.Equal(batches.SelectMany(batch => batch), scratch.ReadAll(0));
    }

    [Fact]
    public void Memory_Append_LeavesNoSegmentOnDisk()
    {
        using var scratch = Open("memory", "os-cache");
        scratch.Append(Batches.Series(0, 100));
        Assert.Empty(scratch.Files("*.log"));

        scratch.Restart();
        Assert.Equal((0, 0), (scratch.Log.StartOffset, scratch.Log.EndOffset));
        scratch.Append(Batches.Make(0, 5));
        Assert.Equal(Batches.Make(0, 5), scratch.Read(0));
    }

    private ScratchLog Open(string write, string flush) => new(
        strategies: StorageStrategies.Create(write: write, flush: flush), calls: _calls, onDisk: true, parent: MemoryDisk.Shared?.Path);

    /// <summary>The kernel's file calls, counted by kind; those for the small files beside the segments are not.</summary>
    private sealed class CountedCalls : FileCalls
    {
        public int Plain { get; private set; }

        public int Gathered { get; private set; }

        public int GatheredBytes { get; private set; }

        public int Begun { get; private set; }

        public int MostInFlight { get; private set; }

        public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long position)
        {
            if (TestCalls.NameOf(file).EndsWith(".log", StringComparison.Ordinal)) Plain++;
            base.Write(file, bytes, position);
        }

        public override void Write(SafeFileHandle file, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, long position)
        {
            Gathered++;
            GatheredBytes += first.Length + second.Length;
            base.Write(file, first, second, position);
        }

        public override void Begin(DirectBlocks blocks, int block, SafeFileHandle file, int count, long position)
        {
            base.Begin(blocks, block, file, count, position);
            Begun++;
            MostInFlight = Math.Max(MostInFlight, blocks.InFlight);
        }
    }
}
