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
