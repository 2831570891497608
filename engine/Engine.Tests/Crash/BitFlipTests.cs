using Engine.Protocol.Records;
using Engine.Storage;
using Engine.Storage.Soundness;
using Engine.Tests.Allocation;
using Engine.Tests.Storage;

namespace Engine.Tests.Crash;

/// <summary>A bit flips on the disk while the node is down. The batch it is in is never given out; every other one is, as it was.</summary>
public sealed class BitFlipTests
{
    private static readonly LogOptions SmallSegments = new() { SegmentBytes = 16 << 10, IndexIntervalBytes = 512 };
    private static readonly LogOptions LargeSegments = new() { SegmentBytes = 1 << 20 }; // Of several blocks that are checked one by one.

    private readonly List<byte[]> _batches = Batches.Series(0, 400, maxValueBytes: 1500);

    // Where in a batch, by what the field is for. Not the leader epoch (12 to 15): the format has no check of it.
    public static TheoryData<int, bool, bool> Places
    {
        get
        {
            var places = new TheoryData<int, bool, bool>();
            foreach (var place in new[] { 0, 7, 8, 9, 11, 16, 17, 21, 23, 26, 35, 60, 75 })
                foreach (var large in new[] { false, true }) places.Add(place, large, place % 2 == 0 == large);
            return places;
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void Read_AfterACleanStop_RefusesTheDamagedBatchAndNoOther(int place, bool large, bool withIndexes)
    {
        // The first of all, some in the middle, the last of all.
        foreach (var damaged in new[] { 0, 130, 399 })
        {
            using var scratch = new ScratchLog(large ? LargeSegments : SmallSegments);
            scratch.Append(_batches);
            scratch.Restart(() =>
            {
                Flip(scratch.Log.Folder, Position(damaged) + place);
                if (!withIndexes) foreach (var index in scratch.Files("*index")) File.Delete(index);
            });

            Assert.Equal(0, scratch.Log.LostOffsets);
            AssertOnlyDamaged(scratch, damaged);
            // And what the log is opened with again and again does not make it worse.
            scratch.Restart();
            AssertOnlyDamaged(scratch, damaged);
        }
    }

    [Fact]
    public void Read_OfMuchAtOnce_EndsBeforeTheDamage()
    {
        using var scratch = new ScratchLog(LargeSegments);
        scratch.Append(_batches);
        scratch.Restart(() => Flip(scratch.Log.Folder, Position(200) + 80));

        Assert.Equal(Bytes(_batches.Take(200)), scratch.Read(0));
        Assert.Equal(Bytes(_batches.Skip(201)), scratch.Read(new BatchHeader(_batches[201]).BaseOffset));
    }

    [Fact]
    public void Read_Checked_IsNotReadAgainAndAllocatesNothing()
    {
        var calls = new TestCalls();
        using var scratch = new ScratchLog(LargeSegments, calls: calls);
        scratch.Append(_batches);
        scratch.Restart();

        ReadEverything(scratch);
        var atFirst = calls.BytesRead;
        ReadEverything(scratch);
        var read = calls.BytesRead;
        ReadEverything(scratch);
        var later = calls.BytesRead - read;

        Assert.Equal(0, new AllocationMeter(warmUp: 0, rounds: 1).Measure(_ => ReadEverything(scratch)));
        Assert.True(atFirst - later >= Bytes(_batches).Length, $"{atFirst} bytes read at first, {later} once checked");
    }

    [Theory]
    [InlineData(8)]  // The length, which says where the next batch begins.
    [InlineData(70)]
    public void TryMend_WithAReplicasBatches_ServesThemAgain(int place)
    {
        foreach (var damaged in new[] { 0, 250, 399 })
        {
            using var scratch = new ScratchLog(SmallSegments);
            scratch.Append(_batches);
            scratch.Restart(() => Flip(scratch.Log.Folder, Position(damaged) + place));
            AssertOnlyDamaged(scratch, damaged);

            var damage = Assert.Single(scratch.Log.Damages);
            Assert.False(scratch.Log.TryMend(damage, _batches[(damaged + 1) % 400]), "other batches do not fit");
            Assert.True(scratch.Log.TryMend(damage, _batches[damaged]));

            Assert.Empty(scratch.Log.Damages);
            Assert.Equal(Bytes(_batches), scratch.ReadAll(0));
            scratch.Append(Batches.Make(scratch.Log.EndOffset));
            scratch.Restart();
            Assert.Equal(Bytes(_batches), scratch.ReadAll(0)[..Bytes(_batches).Length]);
        }
    }

    [Fact]
    public void Append_BehindDamage_GoesOn()
    {
        using var scratch = new ScratchLog(SmallSegments);
        scratch.Append(_batches);
        scratch.Restart(() => Flip(scratch.Log.Folder, Position(399) + 9));
        var end = scratch.Log.EndOffset;
        Assert.Equal(new BatchHeader(_batches[399]).NextOffset, end);

        var more = Batches.Series(end, 100);
        scratch.Append(more);
        scratch.Restart();

        AssertOnlyDamaged(scratch, 399);
        foreach (var batch in more) Assert.Equal(batch, scratch.Read(new BatchHeader(batch).BaseOffset, maxBytes: 1));
    }

    [Fact]
    public void VisitBatches_PastDamage_ShowsAllOthers()
    {
        foreach (var place in new[] { 7, 8, 16, 26 })
        {
            using var scratch = new ScratchLog(SmallSegments);
            scratch.Append(_batches);
            scratch.Restart(() => Flip(scratch.Log.Folder, Position(123) + place));
            var seen = new List<long>();
            scratch.Log.VisitBatches(0, batch => seen.Add(batch.BaseOffset));

            var expected = _batches.Select(batch => new BatchHeader(batch).BaseOffset).ToList();
            expected.RemoveAt(123);
            // A batch whose length and offsets hold together is shown though its other bytes may not be what they were.
            if (seen.Count == 400) seen.RemoveAt(123);
            Assert.Equal(expected, seen);
        }
    }

    [Fact]
    public void TruncateTo_BehindDamage_KeepsWhatIsSound()
    {
        using var scratch = new ScratchLog(LargeSegments);
        scratch.Append(_batches);
        scratch.Restart(() => Flip(scratch.Log.Folder, Position(123) + 8));
        scratch.Log.TruncateTo(new BatchHeader(_batches[300]).BaseOffset);

        Assert.Equal(new BatchHeader(_batches[300]).BaseOffset, scratch.Log.EndOffset);
        AssertOnlyDamaged(scratch, 123, count: 300);
        scratch.Append(_batches.Skip(300));
        AssertOnlyDamaged(scratch, 123);
    }

    [Fact]
    public void Restart_AfterACrash_NeverCutsWhatWasDurable()
    {
        using var scratch = new ScratchLog(SmallSegments);
        scratch.Append(_batches);
        scratch.Log.Retain(0);
        scratch.Log.Retain(0); // Idle: the whole log is made durable and known to be.
        scratch.Data.Settle();
        scratch.Crash(folder => Flip(folder, Position(390) + 8));

        Assert.Equal(0, scratch.Log.Recovered.BytesCut);
        AssertOnlyDamaged(scratch, 390);
    }

    private void AssertOnlyDamaged(ScratchLog scratch, int damaged, int count = 400)
    {
        for (var i = 0; i < count; i++)
        {
            var header = new BatchHeader(_batches[i]);
            foreach (var offset in new[] { header.BaseOffset, header.LastOffset })
            {
                if (i != damaged)
                {
                    Assert.Equal(_batches[i], scratch.Read(offset, maxBytes: 1));
                    continue;
                }

                var refused = Assert.Throws<DamagedLogException>(() => scratch.Read(offset, maxBytes: 1)).Damage;
                Assert.Equal((header.BaseOffset, header.NextOffset, (long)_batches[i].Length), (refused.Offset, refused.NextOffset, refused.Bytes));
            }
        }
    }

    private void ReadEverything(ScratchLog scratch)
    {
        for (var i = 0; i < _batches.Count; i += 7)
        {
            Assert.True(scratch.Log.TryRead(new BatchHeader(_batches[i]).BaseOffset, long.MaxValue, 32 << 10, true, out var slice));
            slice.Release();
        }
    }

    private long Position(int batch) => _batches.Take(batch).Sum(one => (long)one.Length);

    /// <summary>Flips a bit at a place counted from the first segment's begin through all of them.</summary>
    internal static void Flip(string folder, long position)
    {
        foreach (var path in Directory.GetFiles(folder, "*.log").Order(StringComparer.Ordinal))
        {
            using var file = File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            if (position >= file.Length)
            {
                position -= file.Length;
                continue;
            }

            file.Position = position;
            var before = file.ReadByte();
            file.Position = position;
            file.WriteByte((byte)(before ^ 0x04));
            return;
        }

        throw new InvalidOperationException($"the log ends {position} bytes before");
    }

    private static byte[] Bytes(IEnumerable<byte[]> batches) => [.. batches.SelectMany(b => b)];
}
