using Engine.Core;
using Engine.Core.Partitions;

namespace Engine.Tests.Core.Partitions;

public sealed class ReplicatedPartitionTests
{
    private static readonly TimeSpan Lag = TimeSpan.FromSeconds(10);
    private readonly List<PartitionEffect> _effects = [];
    private readonly ReplicatedPartition _leader = new(1, Lag);

    public ReplicatedPartitionTests() => Lead(inSync: [1, 2, 3]);

    [Fact]
    public void HighWatermark_OneInSyncFollowerBehind_Waits()
    {
        Append(10);
        Fetch(2, 10);
        Assert.Equal(0, _leader.HighWatermark);

        Fetch(3, 7);
        Assert.Equal(7, _leader.HighWatermark);
        Assert.Equal([PartitionEffect.Committed(7)], _effects);
    }

    [Fact]
    public void HighWatermark_LeaderNotFlushedYet_WaitsForTheLeaderToo()
    {
        _leader.Append(10);
        Fetch(2, 10);
        Fetch(3, 10);
        Assert.Equal(0, _leader.HighWatermark);

        _leader.LeaderStored(10, _effects);
        Assert.Equal(10, _leader.HighWatermark);
    }

    [Fact]
    public void HighWatermark_FollowerFetchesEarlierAgain_NeverFalls()
    {
        Append(10);
        Fetch(2, 10);
        Fetch(3, 10);
        Fetch(3, 4);
        Assert.Equal(10, _leader.HighWatermark);
    }

    [Fact]
    public void HighWatermark_BelowMinInSync_StandsStill()
    {
        _leader.MinInSync = 2;
        Update(epoch: 2, inSync: [1]);
        Append(10);
        Assert.Equal(0, _leader.HighWatermark);

        Fetch(2, 10);
        Assert.Equal(0, _leader.HighWatermark);
        Assert.Contains(_effects, effect => effect.Kind == PartitionEffectKind.ProposeInSync);

        Update(epoch: 3, inSync: [1, 2]);
        Assert.Equal(10, _leader.HighWatermark);
    }

    [Fact]
    public void HighWatermark_WhileAShrinkIsProposed_StillWaitsForTheOneThatLeaves()
    {
        Append(10);
        Fetch(2, 10);
        _leader.Tick(At(Lag + TimeSpan.FromSeconds(1)), _effects);
        Assert.Contains(PartitionEffect.ProposeInSync(ReplicaSet.From([1, 2], [1, 2, 3])), _effects);
        Assert.Equal(0, _leader.HighWatermark);

        Update(epoch: 2, inSync: [1, 2]);
        Assert.Equal(10, _leader.HighWatermark);
    }

    [Fact]
    public void HighWatermark_WhileAnExpansionIsProposed_WaitsForTheOneThatJoins()
    {
        Update(epoch: 2, inSync: [1, 2]);
        Append(10);
        Fetch(2, 10);
        Fetch(3, 10);
        Assert.Contains(PartitionEffect.ProposeInSync(ReplicaSet.From([1, 2, 3], [1, 2, 3]), new JoiningReplica(3, -1)), _effects);

        Append(5);
        Fetch(2, 15);
        Assert.Equal(10, _leader.HighWatermark);
    }

    [Fact]
    public void InSync_FollowerBelowTheHighWatermark_IsNotProposed()
    {
        Update(epoch: 2, inSync: [1, 2]);
        Append(10);
        Fetch(2, 10);
        _effects.Clear();
        Fetch(3, 9);
        Assert.DoesNotContain(_effects, effect => effect.Kind == PartitionEffectKind.ProposeInSync);
    }

    [Fact]
    public void InSync_FollowerKeepsUpWithSteadyLoadButIsNeverLevel_Stays()
    {
        for (var second = 1; second <= 30; second++)
        {
            Append(100);
            // Each fetch acknowledges what was there at the fetch before, while more has come.
            Fetch(2, 100L * (second - 1), At(TimeSpan.FromSeconds(second)));
            Fetch(3, 100L * (second - 1), At(TimeSpan.FromSeconds(second)));
            _leader.Tick(At(TimeSpan.FromSeconds(second)), _effects);
        }

        Assert.DoesNotContain(_effects, effect => effect.Kind == PartitionEffectKind.ProposeInSync);
    }

    [Fact]
    public void InSync_ProposalRefused_IsMadeAgain()
    {
        Append(10);
        Fetch(2, 10);
        _leader.Tick(At(Lag * 2), _effects);
        _effects.Clear();
        _leader.Tick(At(Lag * 2), _effects);
        Assert.Empty(_effects);

        _leader.ProposalFailed(partitionEpoch: 1);
        _leader.Tick(At(Lag * 2), _effects);
        Assert.Single(_effects);
    }

    /// <summary>Else records would be committed without the follower that the store is about to take in.</summary>
    [Fact]
    public void HighWatermark_RefusalOfAnEarlierProposalComesLate_StillWaitsForTheOneThatJoins()
    {
        Update(epoch: 2, inSync: [1]);
        Fetch(2, 0);
        Update(epoch: 3, inSync: [1]);
        Fetch(2, 0);
        _leader.ProposalFailed(partitionEpoch: 2);
        Append(10);
        Assert.Equal(0, _leader.HighWatermark);

        _leader.ProposalFailed(partitionEpoch: 3);
        Append(1);
        Assert.Equal(11, _leader.HighWatermark);
    }

    [Theory]
    [InlineData(-1, ErrorCode.None)]
    [InlineData(6, ErrorCode.FencedLeaderEpoch)]
    [InlineData(7, ErrorCode.None)]
    [InlineData(8, ErrorCode.UnknownLeaderEpoch)]
    public void Fences_AskedWithAnEpoch_TellsWhoIsBehind(int asked, ErrorCode told) => Assert.Equal(told, _leader.Fences(asked));

    [Fact]
    public void Fences_NotLeading_IsNotTheOneToAsk()
    {
        _leader.Update(new PartitionAssignment(2, 8, 2, [1, 2, 3], [1, 2, 3]), 0, At(default), _effects);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, _leader.Fences(8));
    }

    [Fact]
    public void FollowerFetched_ByANodeWithoutAReplica_IsRefused() => Assert.False(_leader.FollowerFetched(9, 0, At(default), _effects));

    [Fact]
    public void InSync_AnswerToAnEarlierProposalComesLate_TheOneUnderWayIsStillWaitedFor()
    {
        Update(epoch: 2, inSync: [1, 2]);
        Append(10);
        Fetch(2, 10);
        Fetch(3, 10);
        Assert.Contains(_effects, effect => effect.Kind == PartitionEffectKind.ProposeInSync);
        Update(epoch: 3, inSync: [1, 2]);
        Fetch(3, 10);

        _leader.ProposalFailed(partitionEpoch: 2);
        Append(5);
        Fetch(2, 15);
        Assert.Equal(10, _leader.HighWatermark);

        _leader.ProposalFailed(partitionEpoch: 3);
        Fetch(2, 15);
        Assert.Equal(15, _leader.HighWatermark);
    }

    [Fact]
    public void InSync_WhoIsProposed_IsNamedWithTheRunInWhichItCaughtUp()
    {
        Update(epoch: 2, inSync: [1, 2]);
        Assert.True(_leader.FollowerFetched(3, 0, At(default), _effects, brokerEpoch: 12));
        Assert.Equal(new JoiningReplica(3, 12), Assert.Single(_effects).Joining);
    }

    [Fact]
    public void FollowerFetched_InAnEarlierRunOfIt_IsRefusedAndCountsNothing()
    {
        Append(10);
        Fetch(2, 10);
        Assert.True(_leader.FollowerFetched(3, 0, At(default), _effects, brokerEpoch: 12));
        Assert.False(_leader.FollowerFetched(3, 10, At(default), _effects, brokerEpoch: 11));
        Assert.Equal(0, _leader.HighWatermark);

        Assert.True(_leader.FollowerFetched(3, 10, At(default), _effects, brokerEpoch: 13));
        Assert.Equal(10, _leader.HighWatermark);
    }

    [Fact]
    public void HighWatermark_OfANewLeader_IsKnownOnceItReachesWhereItsEpochBegan()
    {
        Assert.True(_leader.IsHighWatermarkKnown);
        var news = new PartitionAssignment(1, LeaderEpoch: 8, PartitionEpoch: 2, [1, 2, 3], [1, 2, 3]);
        _leader.Update(news, logEnd: 10, At(default), _effects);
        Fetch(2, 10);
        Assert.False(_leader.IsHighWatermarkKnown);
        Fetch(3, 10);
        Assert.True(_leader.IsHighWatermarkKnown);
    }

    [Fact]
    public void Update_OlderNews_IsIgnored()
    {
        Update(epoch: 5, inSync: [1]);
        Update(epoch: 4, inSync: [1, 2, 3]);
        Assert.Equal(1, _leader.InSync.Count);
    }

    [Fact]
    public void Update_NewLeaderEpoch_KnowsNothingOfFollowersUntilTheyFetchInIt()
    {
        Append(10);
        Fetch(2, 10);
        Fetch(3, 10);
        var news = new PartitionAssignment(1, LeaderEpoch: 8, PartitionEpoch: 2, [1, 2, 3], [1, 2, 3]);
        Assert.True(_leader.Update(news, logEnd: 10, At(default), _effects));
        Append(5);
        Fetch(2, 15);
        Assert.Equal(10, _leader.HighWatermark);

        Fetch(3, 15);
        Assert.Equal(15, _leader.HighWatermark);
    }

    [Fact]
    public void Alone_EverythingStoredIsCommitted()
    {
        var alone = new ReplicatedPartition(1, Lag);
        alone.Update(new PartitionAssignment(1, 0, 0, [1], [1]), logEnd: 42, At(default), _effects);
        Assert.Equal(42, alone.HighWatermark);
    }

    private void Lead(int[] inSync) => _leader.Update(new PartitionAssignment(1, 7, 1, [1, 2, 3], inSync), 0, At(default), _effects);

    private void Update(int epoch, int[] inSync) => _leader.Update(new PartitionAssignment(1, 7, epoch, [1, 2, 3], inSync), _leader.EndOffset, At(default), _effects);

    private void Append(int records)
    {
        _leader.Append(records);
        _leader.LeaderStored(_leader.EndOffset, _effects);
    }

    private void Fetch(int node, long offset, Instant? at = null) => Assert.True(_leader.FollowerFetched(node, offset, at ?? At(default), _effects));

    private static Instant At(TimeSpan since) => new Instant(0) + since;
}
