using Engine.Protocol.Records;
using Engine.Storage;

namespace Engine.Tests.Storage;

public sealed class RecoveryTests
{
    private static readonly LogOptions SmallSegments = new() { SegmentBytes = 16 << 10, IndexIntervalBytes = 512 };

    private readonly List<byte[]> _batches = Batches.Series(0, 200);

    [Fact]
    public void Restart_Clean_ReadsNoLog()
    {
        using var scratch = new ScratchLog(SmallSegments);
        scratch.Append(_batches);
        scratch.Restart();

        Assert.True(scratch.Data.WasCleanShutdown);
        Assert.Equal(new RecoveryReport(0, 0, 0), scratch.Log.Recovered);
        Assert.Equal(Bytes(_batches), scratch.ReadAll(0));
    }

    [Fact]
    public void Restart_MarkOfTheCleanStopLost_IsACrashThatLosesNothing()
    {
        using var scratch = new ScratchLog(SmallSegments);
        scratch.Append(_batches);
        scratch.Restart(() => File.Delete(Path.Combine(scratch.Path, "clean-stop")));

        Assert.False(scratch.Data.WasCleanShutdown);
        Assert.Equal(0, scratch.Log.LostOffsets);
        Assert.Equal(Bytes(_batches), scratch.ReadAll(0));
    }

    [Fact]
    public void Crash_OfARunThatBeganClean_IsNotTakenForItsCleanStop()
    {
        using var scratch = new ScratchLog(SmallSegments);
        scratch.Append(_batches.Take(100));
        scratch.Restart();
        scratch.Append(_batches.Skip(100));
        scratch.Crash();

        Assert.False(scratch.Data.WasCleanShutdown);
        Assert.Equal(Bytes(_batches), scratch.ReadAll(0));
    }

    [Fact]
    public void Restart_EverySegmentGone_SaysWhatIsLostAndTakesAppends()
    {
        using var scratch = new ScratchLog(SmallSegments);
        scratch.Append(_batches);
        var end = scratch.Log.EndOffset;
        scratch.Restart(() =>
        {
            foreach (var file in scratch.Files("*.log").Concat(scratch.Files("*index"))) File.Delete(file);
        });

        Assert.Equal((end, 0), (scratch.Log.LostOffsets, scratch.Log.EndOffset));
        var others = Batches.Series(0, 50, seed: 9);
        scratch.Append(others);
        scratch.Crash();
        Assert.Equal(Bytes(others), scratch.ReadAll(0));
        Assert.Equal(0, scratch.Log.LostOffsets);
    }

    [Fact]
    public void Crash_SegmentsBeforeTheRecoveryPoint_AreNotScanned()
    {
        using var scratch = new ScratchLog(SmallSegments);
        scratch.Append(_batches);
        scratch.Data.Settle();
        var active = new FileInfo(scratch.Files("*.log")[^1]).Length;
        Assert.True(scratch.Log.SizeBytes > 5 * active || scratch.Files("*.log").Length > 5);
        scratch.Crash();

        Assert.False(scratch.Data.WasCleanShutdown);
        Assert.Equal(active, scratch.Log.Recovered.BytesScanned);
        Assert.Equal(Bytes(_batches), scratch.ReadAll(0));
    }

    [Fact]
    public void Crash_IdleSinceTwoLooks_ScansNothing()
    {
        using var scratch = new ScratchLog(SmallSegments);
        scratch.Append(_batches);
        scratch.Log.Retain(0);
        scratch.Log.Retain(0);
        scratch.Data.Settle();
        scratch.Crash();

        Assert.Equal(0, scratch.Log.Recovered.BytesScanned);
        Assert.Equal(Bytes(_batches), scratch.ReadAll(0));
    }

    [Fact]
    public void Crash_FlushedAndAtRest_ScansWhatCameSince()
    {
        using var scratch = new ScratchLog(strategies: StorageStrategies.Create(flush: "every-batch"));
        scratch.Append(_batches.Take(150));
        scratch.Log.Checkpoint();
        scratch.Log.Checkpoint();
        scratch.Data.Settle();
        scratch.Append(_batches.Skip(150));
        scratch.Crash();

        Assert.Equal(Bytes(_batches.Skip(150)).Length, scratch.Log.Recovered.BytesScanned);
        Assert.Equal(Bytes(_batches), scratch.ReadAll(0));
        Assert.Equal((new BatchHeader(_batches[170]).BaseOffset, 2700), scratch.Log.OffsetForTimestamp(2700));
    }

    [Fact]
    public void Crash_GrowingWhileFlushed_ScansNoMoreThanAStep()
    {
        const int batches = 40;
        using var scratch = new ScratchLog(strategies: StorageStrategies.Create(flush: "every-batch"));
        for (var i = 0; i < batches; i++)
        {
            scratch.Append(Batches.Make(i, 1, 1 << 20, timestamp: 5000 - i));
            scratch.Log.Checkpoint();
        }

        scratch.Data.Settle();
        scratch.Crash();

        Assert.InRange(scratch.Log.Recovered.BytesScanned, 1, 17 << 20);
        Assert.Equal(batches, scratch.Log.EndOffset);
        Assert.Equal((0, 5000), scratch.Log.MaxTimestamp());
        for (var i = 0; i < batches; i++) Assert.Equal(Batches.Make(i, 1, 1 << 20, timestamp: 5000 - i), scratch.Read(i, maxBytes: 1));
    }

    [Fact]
    public void Crash_NotFlushed_IsNotTakenForDurable()
    {
        using var scratch = new ScratchLog(strategies: StorageStrategies.Create(flush: "os-cache"));
        scratch.Append(_batches);
        scratch.Log.Checkpoint();
        scratch.Log.Checkpoint();
        scratch.Data.Settle();
        scratch.Crash();

        Assert.Equal(Bytes(_batches).Length, scratch.Log.Recovered.BytesScanned);
    }

    [Fact]
    public void Crash_UnsoundPastTheRecoveryPoint_IsCutThere()
    {
        using var scratch = new ScratchLog(strategies: StorageStrategies.Create(flush: "every-batch"));
        scratch.Append(_batches.Take(100));
        scratch.Log.Checkpoint();
        scratch.Log.Checkpoint();
        scratch.Data.Settle();
        scratch.Append(_batches.Skip(100));
        scratch.Crash(folder => Flip(Directory.GetFiles(folder, "*.log")[0], Bytes(_batches.Take(130)).Length + 80));

        Assert.Equal(Bytes(_batches.Take(130)), scratch.ReadAll(0));
        scratch.Append(_batches.Skip(130));
        scratch.Restart();
        Assert.Equal(new RecoveryReport(0, 0, 0), scratch.Log.Recovered);
        Assert.Equal(Bytes(_batches), scratch.ReadAll(0));
    }

    [Fact]
    public void Crash_TruncatedSinceTheCheckpoint_ScansTheSegment()
    {
        using var scratch = new ScratchLog(strategies: StorageStrategies.Create(flush: "every-batch"));
        scratch.Append(_batches);
        scratch.Log.Checkpoint();
        scratch.Log.Checkpoint();
        scratch.Data.Settle();
        scratch.Log.TruncateTo(new BatchHeader(_batches[50]).BaseOffset);
        var others = Batches.Series(scratch.Log.EndOffset, 150, seed: 9);
        scratch.Append(others);
        scratch.Crash();

        byte[] expected = [.. Bytes(_batches.Take(50)), .. Bytes(others)];
        Assert.InRange(scratch.Log.Recovered.BytesScanned, expected.Length, long.MaxValue);
        Assert.Equal(expected, scratch.ReadAll(0));
    }

    public enum Points
    {
        Lost,
        Emptied,
        Garbage,
        Halved,
        Raised,
    }

    [Theory]
    [InlineData(Points.Lost)]
    [InlineData(Points.Emptied)]
    [InlineData(Points.Garbage)]
    [InlineData(Points.Halved)]
    [InlineData(Points.Raised)]
    public void Crash_RecoveryPointsLostOrDamaged_ScansEverything(Points damage)
    {
        using var scratch = new ScratchLog(SmallSegments);
        scratch.Append(_batches);
        scratch.Data.Settle();
        var end = scratch.Log.EndOffset;
        scratch.Crash(_ =>
        {
            var file = PointsOf(scratch);
            var text = File.ReadAllText(file);
            if (damage == Points.Lost) File.Delete(file);
            else File.WriteAllText(file, Damaged(text));
        });

        string Damaged(string text) => damage switch
        {
            Points.Garbage => "garbage",
            Points.Halved => text[..(text.Length / 2)],
            Points.Raised => text.Replace($" 0 {scratch.Log.LastSegmentOffset} ", $" 0 {end} ", StringComparison.Ordinal),
            _ => "",
        };

        Assert.Equal(Bytes(_batches).Length, scratch.Log.Recovered.BytesScanned);
        Assert.Equal(Bytes(_batches), scratch.ReadAll(0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(61)]
    public void Crash_TornLastBatch_IsCut(int missingBytes)
    {
        using var scratch = new ScratchLog();
        scratch.Append(_batches);
        scratch.Crash(folder => Resize(folder, length => length - missingBytes));

        Assert.Equal(_batches[^1].Length - missingBytes, scratch.Log.Recovered.BytesCut);
        Assert.Equal(new BatchHeader(_batches[^1]).BaseOffset, scratch.Log.EndOffset);
        scratch.Append(_batches[^1]);
        Assert.Equal(Bytes(_batches), scratch.ReadAll(0));
    }

    [Theory]
    [InlineData(0)]      // Reserved or padded, never written.
    [InlineData(0xA5)]
    public void Crash_RubbishBehindTheEnd_IsCut(byte rubbish)
    {
        using var scratch = new ScratchLog();
        scratch.Append(_batches);
        scratch.Crash(folder =>
        {
            using var file = File.OpenWrite(Directory.GetFiles(folder, "*.log")[0]);
            file.Seek(0, SeekOrigin.End);
            file.Write([.. Enumerable.Repeat(rubbish, 5000)]);
        });

        Assert.Equal(5000, scratch.Log.Recovered.BytesCut);
        Assert.Equal(Bytes(_batches), scratch.ReadAll(0));
    }

    [Fact]
    public void Crash_FlippedBit_EndsTheLogThere()
    {
        using var scratch = new ScratchLog();
        scratch.Append(_batches);
        var broken = 150;
        var position = _batches.Take(broken).Sum(b => b.Length) + 70;
        scratch.Crash(folder => Flip(Directory.GetFiles(folder, "*.log")[0], position));

        Assert.Equal(new BatchHeader(_batches[broken]).BaseOffset, scratch.Log.EndOffset);
        Assert.Equal(Bytes(_batches.Take(broken)), scratch.ReadAll(0));
    }

    [Fact]
    public void Crash_UnsoundSegmentPastTheRecoveryPoint_DropsThoseBehindIt()
    {
        using var scratch = new ScratchLog(SmallSegments);
        scratch.Append(_batches);
        scratch.Crash(folder =>
        {
            File.Delete(PointsOf(scratch));
            Flip(Directory.GetFiles(folder, "*.log").Order(StringComparer.Ordinal).ElementAt(2), 100);
        });

        Assert.True(scratch.Log.Recovered.SegmentsDropped > 2);
        Assert.Equal(3, scratch.Files("*.log").Length);
        var end = scratch.Log.EndOffset;
        var kept = _batches.TakeWhile(b => new BatchHeader(b).BaseOffset < end).ToList();
        Assert.Equal(Bytes(kept), scratch.ReadAll(0));
        scratch.Append(_batches.Skip(kept.Count));
        Assert.Equal(Bytes(_batches), scratch.ReadAll(0));
    }

    [Fact]
    public void Crash_BatchLargerThanAChunk_IsKept()
    {
        using var scratch = new ScratchLog(new LogOptions { SegmentBytes = 1 << 30 });
        var large = Enumerable.Range(0, 4).Select(i => Batches.Make(i * 3, 3, valueBytes: 3 << 20)).ToList();
        scratch.Append(large);
        scratch.Crash();

        Assert.Equal(12, scratch.Log.EndOffset);
        Assert.Equal(Bytes(large), scratch.ReadAll(0));
    }

    public enum Damage
    {
        Lost,
        Emptied,
        Garbage,
        Halved,
        Uneven,
        OfAnotherSegment,
    }

    [Theory, CombinatorialDamage]
    public void Restart_DamagedIndexes_ReadsTheSameBytes(Damage damage, string extension, bool crash)
    {
        using var scratch = new ScratchLog(SmallSegments);
        scratch.Append(_batches);
        if (crash) scratch.Data.Settle();
        if (crash) scratch.Crash(Spoil);
        else scratch.Restart(() => Spoil(scratch.Log.Folder));

        foreach (var batch in _batches) Assert.Equal(batch, scratch.Read(new BatchHeader(batch).LastOffset, maxBytes: 1));
        Assert.Equal((new BatchHeader(_batches[70]).BaseOffset, 1700), scratch.Log.OffsetForTimestamp(1700));
        scratch.Restart();
        Assert.Equal(0, scratch.Log.Recovered.BytesScanned);
        Assert.Equal(Bytes(_batches), scratch.ReadAll(0));

        void Spoil(string folder)
        {
            var files = Directory.GetFiles(folder, "*" + extension).Order(StringComparer.Ordinal).ToList();
            Assert.True(files.Count > 3);
            var contents = files.Select(File.ReadAllBytes).ToList();
            for (var i = 0; i < files.Count; i++)
            {
                if (damage == Damage.Lost) File.Delete(files[i]);
                else File.WriteAllBytes(files[i], Spoilt(contents[i], contents[(i + 1) % contents.Count]));
            }
        }

        byte[] Spoilt(byte[] own, byte[] other) => damage switch
        {
            Damage.Garbage => [.. own.Select((b, i) => (byte)(b ^ (i * 37)))],
            Damage.Halved => own[..(own.Length / 48 * 24)],
            Damage.Uneven => own[..Math.Max(0, own.Length - 3)],
            Damage.OfAnotherSegment => other,
            _ => [],
        };
    }

    [Fact]
    public void Open_LeftoversOfACrash_AreRemoved()
    {
        using var scratch = new ScratchLog();
        scratch.Append(_batches);
        scratch.Crash(folder =>
        {
            File.WriteAllText(Path.Combine(folder, "00000000000000000000.log.0123.deleted"), "x");
            File.WriteAllText(Path.Combine(folder, "00000000000000000000.index.tmp"), "x");
            File.WriteAllText(Path.Combine(folder, "next-segment"), "x");
        });

        Assert.Equal(["00000000000000000000.log", $"{ScratchLog.TopicId}.topic"], Directory.GetFiles(scratch.Log.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private static string PointsOf(ScratchLog scratch) => Path.Combine(scratch.Path, "recovery-points");

    private static byte[] Bytes(IEnumerable<byte[]> batches) => [.. batches.SelectMany(b => b)];

    private static void Resize(string folder, Func<long, long> length)
    {
        using var file = File.OpenWrite(Directory.GetFiles(folder, "*.log")[0]);
        file.SetLength(length(file.Length));
    }

    private static void Flip(string path, int position)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[position] ^= 0x10;
        File.WriteAllBytes(path, bytes);
    }

    private sealed class CombinatorialDamageAttribute : Xunit.Sdk.DataAttribute
    {
        public override IEnumerable<object[]> GetData(System.Reflection.MethodInfo testMethod) =>
            from damage in Enum.GetValues<Damage>()
            from extension in new[] { ".index", ".timeindex" }
            from crash in new[] { false, true }
            select new object[] { damage, extension, crash };
    }
}
