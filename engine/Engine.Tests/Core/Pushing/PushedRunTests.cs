using Engine.Core;
using Engine.Core.Pushing;

namespace Engine.Tests.Core.Pushing;

public sealed class PushedRunTests
{
    private readonly PushedRun _run = new(start: 10);

    [Fact]
    public void Step_FromSubscriptionToEnd_LooksAsForAFetchOnceAndReadsOn()
    {
        Assert.Equal(PushedStep.Begin, _run.Step);
        Assert.Equal(new PushedTurn(PushedWord.Records, 30), Found(length: 500, bound: 30, next: 30));
        Assert.Equal((PushedStep.ReadOn, 30L, 10L), (_run.Step, _run.Next, _run.SentFrom));

        Assert.Equal(new PushedTurn(PushedWord.Ends, -1), _run.Looked(fails: true, length: 0, bound: -1, next: -1, highWatermark: -1, isFirst: true));
        Assert.Equal(PushedStep.Nothing, _run.Step);
    }

    [Fact]
    public void Looked_RecordsCutShort_WaitsForTheFollowersWord()
    {
        Assert.Equal(PushedWord.Records, Found(length: 500, bound: 30, next: -1).Word);
        Assert.Equal(PushedStep.Tell, _run.Step);

        // What it acknowledges again is what it had before.
        Assert.False(_run.Acknowledged(10));
        Assert.True(_run.Acknowledged(20));
        Assert.Equal((PushedStep.ReadOn, 20L), (_run.Step, _run.Next));
        Assert.False(_run.Acknowledged(25), "it is known where to go on: the follower's word is behind that");
        Assert.Equal(20, _run.Next);
    }

    [Theory]
    [InlineData(0, 30)]
    [InlineData(500, -1)]
    public void Looked_CutShortByWhatIsInTheFrameAlready_IsForTheNext(int length, long next)
    {
        Assert.Equal(PushedWord.DoesNotFit, Found(length, bound: 30, next, isFirst: false).Word);
        Assert.Equal((10L, -1L), (_run.Next, _run.ToldHighWatermark));
    }

    [Fact]
    public void Looked_NothingNew_TellsAHigherHighWatermarkOnceAndWaitsForGrowth()
    {
        Assert.Equal(new PushedTurn(PushedWord.HighWatermark, 10), Found(length: 0, bound: 10, next: -1));
        _run.Told(5);
        Assert.Equal(new PushedTurn(PushedWord.Nothing, 10), Found(length: 0, bound: 10, next: -1));
        Assert.False(_run.Owes(5));
        Assert.True(_run.Owes(6));
    }

    [Fact]
    public void Step_OnceItHasFailed_TellsWhy()
    {
        _run.Fail(ErrorCode.FencedLeaderEpoch);
        Assert.Equal((PushedStep.Fail, ErrorCode.FencedLeaderEpoch), (_run.Step, _run.Failure));
    }

    private PushedTurn Found(int length, long bound, long next, bool isFirst = true) =>
        _run.Looked(fails: false, length, bound, next, highWatermark: 5, isFirst);
}
