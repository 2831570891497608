using Engine.Core;
using Engine.Core.Partitions;
using Engine.Core.Pushing;

namespace Engine.Tests.Core.Pushing;

public sealed class FollowedRunTests
{
    private static readonly FollowerPosition Position = new(LeaderEpoch: 3, EndOffset: 10, LastEpoch: 2, LogStartOffset: 0, IsFollower: true);

    private readonly FollowedRun _run = new();

    public FollowedRunTests() => _run.Begin(Position);

    [Fact]
    public void IsServedBy_AnEarlierRun_IsFalse()
    {
        _run.Begin(Position);
        Assert.False(_run.IsServedBy(1));
        Assert.True(_run.IsServedBy(2));
    }

    [Fact]
    public void Expected_Records_ContinueTheLogInTheEpochOfTheRun()
    {
        Assert.Equal(Position with { EndOffset = 12 }, _run.Expected(hasRecords: true, baseOffset: 12, logEnd: 20));
        Assert.Equal(Position with { EndOffset = 20 }, _run.Expected(hasRecords: false, baseOffset: 12, logEnd: 20));
    }

    [Theory]
    [InlineData(ErrorCode.None, false, true, true, 12, FollowedTurn.Acknowledges)]
    [InlineData(ErrorCode.None, false, true, false, 10, FollowedTurn.GoesOn)]
    [InlineData(ErrorCode.None, true, true, false, 8, FollowedTurn.BeginsAnew)]
    [InlineData(ErrorCode.OffsetOutOfRange, false, true, false, 40, FollowedTurn.BeginsAnew)]
    [InlineData(ErrorCode.FencedLeaderEpoch, false, false, false, 10, FollowedTurn.Pauses)]
    [InlineData(ErrorCode.None, false, false, true, 12, FollowedTurn.Pauses)]
    [InlineData(ErrorCode.None, false, true, true, 10, FollowedTurn.Pauses)] // Records that did not continue the log: some are missing.
    public void Took_WhatWasPushed_GoesOnOrEnds(ErrorCode error, bool diverges, bool goesOn, bool hasRecords, long logEnd, FollowedTurn expected)
    {
        Assert.Equal(expected, _run.Took(error, diverges, goesOn, hasRecords, baseOffset: 10, logEnd));
        Assert.Equal(expected is FollowedTurn.Acknowledges or FollowedTurn.GoesOn, _run.IsServedBy(1));
    }

    [Fact]
    public void MayAcknowledge_InAnotherEpochOrAsTheLeader_EndsTheRun()
    {
        Assert.True(_run.MayAcknowledge(Position with { EndOffset = 40 }));
        Assert.False(_run.MayAcknowledge(Position with { LeaderEpoch = 4 }));
        Assert.False(_run.MayAcknowledge(Position), "it is over, even if the epoch were the same again");

        _run.Begin(Position);
        Assert.False(_run.MayAcknowledge(Position with { IsFollower = false }));
    }
}
