using Harness.Checking;

namespace Harness.Tests.Checking;

/// <summary>A checker that has never found anything proves nothing: each anomaly is planted in sound histories, and found as what it is.</summary>
public sealed class HistoryCheckerTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    [Fact]
    public void SoundHistories_OfManySeeds_AreProven()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var history = new RandomHistory(seed, batches: 5 + seed % 200, producers: 1 + seed % 4, readers: seed % 4);
            var verdict = history.Check();

            Assert.True(verdict.IsProven, $"seed {seed}: {string.Join("; ", verdict.Evidence)}");
            Assert.Equal(history.Sends.Sum(send => (long)send.Count), verdict.Acked + verdict.Failed + verdict.Indeterminate);
            Assert.Equal(history.Reads.Sum(read => (long)read.Count), verdict.Read);
            var stored = history.Log.Sum(batch => (long)batch.Count);
            Assert.Equal(stored - verdict.Acked, verdict.IndeterminateRead);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void AckedBatch_ThatNobodyReads_IsLost(int seed)
    {
        var history = new RandomHistory(seed);
        var gone = history.AckedSend();
        history.Reads.RemoveAll(read => Holds(read, gone));

        AssertOnly(history.Check(), seed, lost: gone.Count);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void AckedTail_BeyondTheEndOfTheLog_IsLostAndWhatWasReadOfItVanished(int seed)
    {
        var history = new RandomHistory(seed, readers: 0);
        var last = history.Log.Last(batch => history.Sends.Exists(send => send.Outcome == Outcome.Ok && send.Producer == batch.Producer && send.First == batch.First));
        history.Reads.RemoveAll(read => read.Offset >= last.Offset);
        history.Pass = history.Pass with { Reached = last.Offset, End = last.Offset };
        var acked = history.Sends.Where(send => send.Outcome == Outcome.Ok && history.Log.Exists(batch =>
            batch.Offset >= last.Offset && batch.Producer == send.Producer && batch.First == send.First)).Sum(send => send.Count);
        AssertOnly(history.Check(), seed, lost: acked);

        history.Read(reader: 77, last);
        AssertOnly(history.Check(), seed, lost: acked, uncommitted: last.Count);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void AckedTail_ThatThePassDidNotReach_IsUnseenAndProvesNothing(int seed)
    {
        var history = new RandomHistory(seed, readers: 1);
        var gone = history.Sends.Where(send => send.Offset >= 0 && send.Outcome == Outcome.Ok).MaxBy(send => send.Offset);
        history.Reads.RemoveAll(read => read.Reader == history.PassReader && read.Offset >= gone.Offset);
        history.Pass = history.Pass with { Reached = gone.Offset };
        var verdict = history.Check();

        Assert.True(verdict.IsSound, string.Join("; ", verdict.Evidence));
        Assert.False(verdict.IsProven);
        Assert.True(verdict.Unseen >= gone.Count);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void ValueRead_AndNotThereInTheEnd_IsAnUncommittedRead(int seed)
    {
        var history = new RandomHistory(seed);
        var end = history.End;
        history.Sends.Add(new(0, 0, 100_000, 5, Outcome.Info, -1, 1, 2));
        history.Read(reader: 55, (0, 100_000, 5, end));

        AssertOnly(history.Check(), seed, uncommitted: 5);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void ValueAtOrAboveTheHighWatermark_IsAnUncommittedRead(int seed)
    {
        var history = new RandomHistory(seed);
        var index = history.ReadOf(0, 7);
        history.Reads[index] = history.Reads[index] with { HighWatermark = history.Reads[index].Offset + history.Reads[index].Count - 1 };

        AssertOnly(history.Check(), seed, uncommitted: 1);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void BatchStoredTwice_IsDuplicated(int seed)
    {
        var history = new RandomHistory(seed);
        var again = history.Log[10] with { Offset = history.End };
        history.Read(history.PassReader, again);
        history.Pass = history.Pass with { Reached = again.Offset + again.Count, End = again.Offset + again.Count };

        AssertOnly(history.Check(), seed, duplicated: again.Count);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void BatchBehindALaterOneOfItsProducer_IsReordered(int seed)
    {
        var history = new RandomHistory(seed);
        history.Sends.Add(new(0, 0, 100_000, 2, Outcome.Ok, history.End + 3, 1, 2));
        history.Sends.Add(new(0, 0, 100_002, 3, Outcome.Ok, history.End, 1, 2));
        history.Read(history.PassReader, (0, 100_002, 3, history.End));
        history.Read(history.PassReader, (0, 100_000, 2, history.End + 3));
        history.Pass = history.Pass with { Reached = history.End + 5, End = history.End + 5 };

        AssertOnly(history.Check(), seed, reordered: 2);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void OtherValueAtAnOffset_ForOneReader_IsInconsistent(int seed)
    {
        var history = new RandomHistory(seed);
        history.Sends.Add(new(0, 0, 100_000, 4, Outcome.Info, -1, 1, 2));
        var at = history.Log[8];
        history.Read(reader: 55, (0, 100_000, 1, at.Offset));

        AssertOnly(history.Check(), seed, inconsistent: 1, uncommitted: 1); // it was there and is not in the end
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void OtherOffsetAcknowledged_ThanReadersFind_IsInconsistent(int seed)
    {
        var history = new RandomHistory(seed);
        var index = history.Sends.FindIndex(send => send.Outcome == Outcome.Ok && send.Offset > 20);
        history.Sends[index] = history.Sends[index] with { Offset = history.Sends[index].Offset - 1 };
        var verdict = history.Check();

        Assert.Equal(history.Sends[index].Count, verdict.InconsistentOffsets);
        Assert.Contains(verdict.Evidence, text => text.Contains("acknowledgement", StringComparison.Ordinal));
        Assert.Equal((0, 0, 0), (verdict.Lost, verdict.Duplicated, verdict.Reordered));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void BatchGivenAgain_ToTheSameReader_IsNonMonotonic(int seed)
    {
        var history = new RandomHistory(seed);
        var index = history.ReadOf(0, 7);
        history.Reads.Insert(index + 1, history.Reads[index]);

        AssertOnly(history.Check(), seed, nonMonotonic: history.Reads[index].Count);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void BatchThatAReaderIsLedPast_IsSkipped(int seed)
    {
        var history = new RandomHistory(seed);
        var index = history.ReadOf(0, 5);
        var skipped = history.Reads[index].Count;
        history.Reads.RemoveAt(index);

        AssertOnly(history.Check(), seed, skipped: skipped);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void OtherBytes_AreCorrupt(int seed)
    {
        var history = new RandomHistory(seed);
        var index = history.ReadOf(0, 5);
        history.Reads[index] = history.Reads[index] with { IsCorrupt = true };

        AssertOnly(history.Check(), seed, corrupt: history.Reads[index].Count);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void ValuesThatNobodySent_AreUnknown(int seed)
    {
        var history = new RandomHistory(seed);
        history.Read(history.PassReader, (Producer: 1, First: 5_000_000, Count: 3, history.End));
        history.Read(history.PassReader, (Producer: -1, First: -1, Count: 2, history.End + 3));
        history.Pass = history.Pass with { Reached = history.End + 5, End = history.End + 5 };

        AssertOnly(history.Check(), seed, unknown: 5);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void RefusedValue_ThatIsRead_IsFound(int seed)
    {
        var history = new RandomHistory(seed);
        history.Sends.Add(new(0, 0, 100_000, 4, Outcome.Fail, -1, 1, 2));
        history.Read(history.PassReader, (0, 100_000, 4, history.End));
        history.Pass = history.Pass with { Reached = history.End + 4, End = history.End + 4 };

        AssertOnly(history.Check(), seed, refused: 4);
    }

    [Fact]
    public void Partitions_AreCheckedApart_AndAddedUp()
    {
        var checker = new HistoryChecker();
        var (sound, broken) = (new RandomHistory(1, partition: 0), new RandomHistory(2, partition: 7));
        var gone = broken.AckedSend();
        broken.Reads.RemoveAll(read => Holds(read, gone));
        sound.TellTo(checker);
        broken.TellTo(checker);
        var verdict = checker.Conclude();

        Assert.Equal(gone.Count, verdict.Lost);
        Assert.Contains("partition 7", Assert.Single(verdict.Evidence), StringComparison.Ordinal);
        Assert.Equal(sound.Check().Acked + broken.Check().Acked, verdict.Acked);
    }

    private static bool Holds(in ReadEntry read, SendEntry send) => read.Producer == send.Producer && read.First == send.First;

    private static void AssertOnly(
        HistoryVerdict found, int seed, long lost = 0, long duplicated = 0, long reordered = 0, long inconsistent = 0, long uncommitted = 0,
        long refused = 0, long nonMonotonic = 0, long skipped = 0, long corrupt = 0, long unknown = 0)
    {
        long[] expected = [lost, duplicated, reordered, inconsistent, uncommitted, refused, nonMonotonic, skipped, corrupt, unknown];
        var all = $"seed {seed}: {string.Join("; ", found.Evidence)}";
        Assert.True(expected.SequenceEqual(found.Anomalies.Select(anomaly => anomaly.Count)), all);
        Assert.True(found.Unseen == 0, all);
        Assert.False(found.IsProven);
        foreach (var (name, count, _) in found.Anomalies) Assert.Equal(count > 0, found.Evidence.Any(text => text.StartsWith(name + ":", StringComparison.Ordinal)));
    }
}
