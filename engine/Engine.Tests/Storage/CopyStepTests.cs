using Engine.Storage;
using Engine.Storage.Native;
using Microsoft.Win32.SafeHandles;

namespace Engine.Tests.Storage;

/// <summary>How many bytes a copy takes at a time: all that is in memory, and little of what comes from the disk.</summary>
public sealed class CopyStepTests
{
    private const int StepBytes = 128 << 10;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Copy_OfManyBytes_IsOneCallOnlyIfAllAreInMemory(bool areInMemory)
    {
        var calls = new RecordedReads(areInMemory);
        using var log = new ScratchLog(strategies: StorageStrategies.Create(flush: "os-cache", read: "positioned"), calls: calls);
        for (var offset = 0; offset < 510; offset += 30) log.Append(Batches.Make(offset, 30, 1000));

        Assert.True(log.Log.TryRead(0, long.MaxValue, int.MaxValue, true, out var slice));
        var bytes = slice.Length;
        Assert.True(slice.Memory.Span.SequenceEqual(File.ReadAllBytes(log.Files("*.log").Single()).AsSpan(0, bytes)));
        slice.Release();

        Assert.Equal(areInMemory ? [bytes] : [StepBytes, StepBytes, StepBytes, bytes - (3 * StepBytes)], calls.Sizes);
    }

    private sealed class RecordedReads(bool areInMemory) : FileCalls
    {
        public List<int> Sizes { get; } = [];

        public override int Read(SafeFileHandle file, Span<byte> bytes, long position)
        {
            if (bytes.Length > 4096) Sizes.Add(bytes.Length); // not what looks for the batch
            return base.Read(file, bytes, position);
        }

        public override bool HoldsCached(SafeFileHandle file, long position, long count, bool filled) => areInMemory;
    }
}
