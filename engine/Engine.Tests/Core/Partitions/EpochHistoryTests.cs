using Engine.Core.Partitions;

namespace Engine.Tests.Core.Partitions;

public sealed class EpochHistoryTests
{
    private readonly EpochHistory _history = new();

    public EpochHistoryTests()
    {
        _history.Assign(1, 0);
        _history.Assign(3, 100);
        _history.Assign(5, 200);
    }

    [Theory]
    [InlineData(5, 5, 250)] // the newest goes on to the log's end
    [InlineData(6, -1, -1)] // newer than any here
    [InlineData(3, 3, 200)]
    [InlineData(4, 3, 200)] // not known: the one before it
    [InlineData(1, 1, 100)]
    [InlineData(0, 0, 0)]   // before the first
    public void EndOf_AnyEpoch_IsWhereTheLargestNotAboveItEnds(int asked, int epoch, long end) =>
        Assert.Equal((epoch, end), _history.EndOf(asked, logEnd: 250));

    [Theory]
    [InlineData(5, 250)]  // all of it
    [InlineData(5, 210)]
    [InlineData(3, 200)]
    [InlineData(-1, 0)]   // nothing yet
    public void DivergenceFrom_LogThatIsAPrefix_IsNone(int lastEpoch, long end) => Assert.Null(_history.DivergenceFrom(lastEpoch, end, logEnd: 250));

    [Theory]
    [InlineData(5, 260, 5, 250)] // ends later in the same epoch
    [InlineData(3, 220, 3, 200)]
    [InlineData(4, 150, 3, 200)] // an epoch that never wrote here
    [InlineData(6, 250, -1, -1)] // newer than any here
    [InlineData(0, 150, -1, -1)] // all that its epoch wrote here was deleted: nothing is left to compare with
    [InlineData(0, 0, -1, -1)]
    public void DivergenceFrom_LogWithOtherRecords_IsHowFarBothMayAgree(int lastEpoch, long end, int epoch, long epochEnd) =>
        Assert.Equal((epoch, epochEnd), _history.DivergenceFrom(lastEpoch, end, logEnd: 250));

    [Theory]
    [InlineData(5, 240, 240)] // the leader has less of it
    [InlineData(3, 220, 200)] // this log has less of it
    [InlineData(4, 130, 130)] // unknown here: what came before it
    [InlineData(6, 230, 230)]
    public void TruncationPoint_LogsPart_IsTheEarlierEndOfWhatBothHave(int leadersEpoch, long leadersEnd, long cut) =>
        Assert.Equal(cut, _history.TruncationPoint(leadersEpoch, leadersEnd, logEnd: 250));

    [Fact]
    public void Assign_OverATailThatIsGone_ReplacesWhatItTold()
    {
        _history.TruncateFrom(150);
        Assert.True(_history.Assign(6, 150));
        Assert.Equal([new(1, 0), new(3, 100), new(6, 150)], _history.Starts);
    }

    [Fact]
    public void Assign_SameEpochAgain_IsNoNews() => Assert.False(_history.Assign(5, 230));

    [Fact]
    public void TruncateBefore_InTheMiddleOfAnEpoch_MovesItsStart()
    {
        Assert.True(_history.TruncateBefore(150));
        Assert.Equal([new(3, 150), new(5, 200)], _history.Starts);
    }
}
