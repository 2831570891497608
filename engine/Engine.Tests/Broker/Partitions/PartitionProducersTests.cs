using Engine.Broker.Partitions;
using Engine.Core;
using Engine.Core.Partitions;
using Engine.Protocol.Records;
using Engine.Storage;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;
using Engine.Tests.Storage;

namespace Engine.Tests.Broker.Partitions;

/// <summary>A batch sent again is known to be here whatever happened to the log in between.</summary>
public sealed class PartitionProducersTests : IDisposable
{
    private const long Early = 7;
    private const long Late = 8;
    private const int BatchesASegment = 8; // of some 120 bytes

    private readonly ScratchLog _scratch = new(new LogOptions { SegmentBytes = 1024 });
    private PartitionProducers _producers;
    private int _lateSequence;

    public PartitionProducersTests() => _producers = Learn();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    public void Learn_AfterACrash_KnowsABatchFromBeforeTheRolls(int segments)
    {
        Append(Early, 0);
        var offset = Append(Early, 1);
        Roll(segments);

        _scratch.Crash();
        _producers = Learn();

        AssertDuplicate(Early, 1, offset);
        AssertGoesOn(Early, 2);
        AssertGoesOn(Late, _lateSequence);
    }

    [Fact]
    public void Learn_AfterACleanStop_KnowsWhatIsBehindTheLastRoll()
    {
        Roll(3);
        var offset = Append(Early, 0);
        _producers.Keep();

        _scratch.Restart();
        // Nothing but the snapshot can tell: it ends where the log does, so no batch is looked at.
        Assert.Contains(_scratch.Files("*.snapshot"), path => path.EndsWith($"{_scratch.Log.EndOffset:D20}.snapshot", StringComparison.Ordinal));
        _producers = Learn();

        AssertDuplicate(Early, 0, offset);
        AssertGoesOn(Late, _lateSequence);
    }

    [Fact]
    public void Checkpoint_LogThatGrewWithoutARoll_LeavesLittleToBeRead()
    {
        using var large = new ScratchLog();
        var producers = new PartitionProducers(large.Log, TimeSpan.FromDays(1));
        for (var i = 0; i < 5; i++)
        {
            var batch = new RecordBatch(new string('x', 1 << 20)) { ProducerId = Early, ProducerEpoch = 0, BaseSequence = i }.ToBytes();
            BatchHeader.Assign(batch, i, leaderEpoch: 0);
            large.Log.Append(batch);
            producers.Appended(new BatchHeader(batch));
            if (i < 3) producers.Checkpoint(); // not yet
        }

        producers.Checkpoint();
        Until.True(() => large.Files("*.snapshot").Any(path => Offset(path) == 5), "a snapshot at the log's end");
        Assert.Single(large.Files("*.snapshot"));

        // The same batches of nobody: only the snapshot can tell whose they were.
        large.Crash(folder => File.WriteAllBytes(Path.Combine(folder, $"{0:D20}.log"), [.. Enumerable.Range(0, 5).SelectMany(i =>
        {
            var batch = RecordBatch.Of("x");
            BatchHeader.Assign(batch, i, leaderEpoch: 0);
            return batch;
        })]));
        producers = new PartitionProducers(large.Log, TimeSpan.FromDays(1));
        producers.Learn(new EpochHistory());

        Assert.Equal(ErrorCode.None, producers.Check(Sequence(Early, 4), out var duplicateOf));
        Assert.Equal(4, duplicateOf);
    }

    [Fact]
    public void Learn_SnapshotsLost_ReadsTheNewestSegmentsAndNoMore()
    {
        Append(Early, 0);
        Roll(12);
        var recent = _lateSequence;
        var offset = Append(Late, _lateSequence++);
        Roll(2);

        _scratch.Crash(folder =>
        {
            foreach (var file in Directory.GetFiles(folder, "*.snapshot")) File.Delete(file);
        });
        _producers = Learn();

        Assert.Equal((ErrorCode.None, -1), Check(Early, 55)); // unknown: begins anew with whatever it sends
        AssertGoesOn(Late, _lateSequence);
        Assert.True(_lateSequence - recent > ProducerMemory.BatchesKept, "its first batch is no longer remembered");
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Check(Late, recent).Error);
        Assert.True(offset > 0);
    }

    [Theory]
    [InlineData(3, 2)]
    [InlineData(8, 7)] // Older than what would be read without any: it must not be passed over for that.
    public void Learn_NewestSnapshotsDamaged_ReadsOnFromTheLastSoundOne(int segments, int damaged)
    {
        var offset = Append(Early, 0);
        Roll(segments);

        _scratch.Crash(folder =>
        {
            var files = Directory.GetFiles(folder, "*.snapshot").Order().ToList();
            Assert.True(files.Count > damaged);
            foreach (var file in files[^damaged..]) File.WriteAllBytes(file, new byte[100]);
            File.WriteAllBytes(files[^1], []);
        });
        _producers = Learn();

        AssertDuplicate(Early, 0, offset);
        AssertGoesOn(Late, _lateSequence);
    }

    [Fact]
    public void Learn_LogEndsBeforeTheSnapshots_TheyAreDroppedForGood()
    {
        var offset = Append(Early, 0);
        Roll(1);
        Append(Early, 1);
        Roll(2);

        // A power cut takes all but the first segment, whose snapshot tells of it exactly.
        _scratch.Crash(folder =>
        {
            foreach (var file in Directory.GetFiles(folder, "*.log").Order().Skip(1)) File.Delete(file);
            foreach (var file in Directory.GetFiles(folder, "recovery-point")) File.Delete(file);
        });
        _producers = Learn();

        Assert.DoesNotContain(_scratch.Files("*.snapshot"), path => Offset(path) > _scratch.Log.EndOffset);
        AssertDuplicate(Early, 0, offset);
        AssertGoesOn(Early, 1); // its second batch is lost, and must be taken when it is sent again
    }

    [Fact]
    public void Truncation_BatchThatWasCut_IsTakenAgainAndEarlierOnesAreDuplicates()
    {
        var kept = Append(Early, 0);
        Roll(5);
        var cut = Append(Early, 1);
        Roll(3);
        Assert.Contains(_scratch.Files("*.snapshot"), path => Offset(path) > cut);

        Truncate(cut);

        AssertDuplicate(Early, 0, kept);
        AssertGoesOn(Early, 1);
        Assert.DoesNotContain(_scratch.Files("*.snapshot"), path => Offset(path) > cut);

        // The log grows past where those snapshots were, with other batches; none of them is believed after a crash.
        _lateSequence = 0;
        Append(99, 0);
        for (var i = 1; i < 6 * BatchesASegment; i++) Append(99, i);
        WaitForSnapshot(_scratch.Log.LastSegmentOffset);
        _scratch.Crash();
        _producers = Learn();
        AssertGoesOn(Early, 1);
    }

    [Fact]
    public void Truncation_WhileASnapshotIsOnItsWay_DoesNotBringItBack()
    {
        Append(Early, 0);
        for (var round = 1; round <= 50; round++)
        {
            var cut = Append(Early, round);
            for (var i = 0; i < BatchesASegment; i++) Append(Late, _lateSequence++); // rolls, and a snapshot is on its way
            Truncate(cut);
            AssertGoesOn(Early, round);
            Assert.DoesNotContain(_scratch.Files("*.snapshot"), path => Offset(path) > cut);
            Append(Early, round);
            _lateSequence = NextOf(Late);
        }

        AssertEveryWriteIsOver();
        _scratch.Crash();
        _producers = Learn();
        AssertGoesOn(Early, 51);
    }

    [Fact]
    public void Retention_DropsTheBatches_NotTheirProducers()
    {
        var offset = Append(Early, 0);
        Roll(2);
        _scratch.Log.Retain(long.MaxValue / 2); // everything is old by then: the newest segment rolls, all others go
        _producers.Retain();
        Assert.Equal(_scratch.Log.EndOffset, _scratch.Log.StartOffset);
        WaitForSnapshot(_scratch.Log.EndOffset);

        _scratch.Crash();
        _producers = Learn();

        AssertDuplicate(Early, 0, offset);
        AssertGoesOn(Late, _lateSequence);
    }

    [Fact]
    public void Retain_ProducerThatSentNothingForLong_BeginsAnew()
    {
        Append(Early, 0);
        var forgetful = new PartitionProducers(_scratch.Log, expiration: TimeSpan.FromMilliseconds(-1));
        forgetful.Learn(new EpochHistory());
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, forgetful.Check(Sequence(Early, 5), out _));

        forgetful.Retain();

        Assert.Equal(ErrorCode.None, forgetful.Check(Sequence(Early, 5), out _));
    }

    [Fact]
    public void Learn_EpochsLost_AreReadFromBatchesThoughASnapshotIsThere()
    {
        Append(Early, 0, epoch: 3);
        Append(Early, 1, epoch: 4);
        _producers.Keep();
        _scratch.Restart();

        var known = new EpochHistory();
        known.Assign(3, 0);
        known.Assign(4, 1);
        var lost = new EpochHistory();
        new PartitionProducers(_scratch.Log, TimeSpan.FromDays(1)).Learn(lost);

        Assert.Equal(known.Starts, lost.Starts);
    }

    private PartitionProducers Learn()
    {
        var producers = new PartitionProducers(_scratch.Log, TimeSpan.FromDays(1));
        producers.Learn(new EpochHistory());
        return producers;
    }

    private void Truncate(long offset)
    {
        _producers.BeforeTruncation(offset);
        _scratch.Log.TruncateTo(offset);
        _producers.Learn(new EpochHistory());
        Assert.Equal(offset, _scratch.Log.EndOffset);
    }

    private long Append(long producer, int sequence, int epoch = 0)
    {
        var batch = new RecordBatch("some value, so that it has a size") { ProducerId = producer, ProducerEpoch = 0, BaseSequence = sequence }.ToBytes();
        var offset = _scratch.Log.EndOffset;
        BatchHeader.Assign(batch, offset, epoch);
        _scratch.Log.Append(batch);
        _producers.Appended(new BatchHeader(batch));
        return offset;
    }

    /// <summary>Appends until this many segments have begun, and waits until the last roll's snapshot is there.</summary>
    private void Roll(int segments)
    {
        for (; segments > 0; segments--)
        {
            var before = _scratch.Log.LastSegmentOffset;
            while (_scratch.Log.LastSegmentOffset == before) Append(Late, _lateSequence++);
            WaitForSnapshot(_scratch.Log.LastSegmentOffset);
        }
    }

    private void WaitForSnapshot(long offset) =>
        Until.True(() => _scratch.Files("*.snapshot").Any(path => Offset(path) == offset), $"a snapshot at {offset}");

    private void AssertEveryWriteIsOver()
    {
        // The pool begins what it is given in the order it is given: once this has its turn, every write before it has begun.
        using var turn = new SemaphoreSlim(0);
        ThreadPool.QueueUserWorkItem(_ => turn.Release());
        Assert.True(turn.Wait(TimeSpan.FromSeconds(60)));
        Until.True(() => _scratch.Files("*.tmp").Length == 0, "nothing is being written");
    }

    private void AssertDuplicate(long producer, int sequence, long offset) => Assert.Equal((ErrorCode.None, offset), Check(producer, sequence));

    private void AssertGoesOn(long producer, int sequence)
    {
        Assert.Equal((ErrorCode.None, -1), Check(producer, sequence));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Check(producer, sequence + 1).Error);
    }

    private int NextOf(long producer) => Enumerable.Range(0, 10_000).First(sequence => Check(producer, sequence) == (ErrorCode.None, -1));

    private (ErrorCode Error, long DuplicateOf) Check(long producer, int sequence)
    {
        var error = _producers.Check(Sequence(producer, sequence), out var duplicateOf);
        return (error, duplicateOf);
    }

    private static BatchSequence Sequence(long producer, int sequence) => new(producer, 0, sequence, sequence);

    private static long Offset(string path) => long.Parse(Path.GetFileNameWithoutExtension(path));
}
