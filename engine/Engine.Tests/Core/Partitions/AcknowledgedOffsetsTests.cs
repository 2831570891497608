using Engine.Core.Partitions;

namespace Engine.Tests.Core.Partitions;

/// <summary>How far acknowledgements may go that ask for something else than the in-sync set: a majority, or flushed copies.</summary>
public sealed class AcknowledgedOffsetsTests
{
    private readonly List<PartitionEffect> _effects = [];
    private readonly ReplicatedPartition _leader = new(1, TimeSpan.FromSeconds(10));

    [Theory]
    [InlineData(new[] { 1 }, new long[0], 100)]
    [InlineData(new[] { 1, 2 }, new long[] { 60 }, 60)]
    [InlineData(new[] { 1, 2, 3 }, new long[] { 60, 20 }, 60)]
    [InlineData(new[] { 1, 2, 3 }, new long[] { 20, 60 }, 60)]
    [InlineData(new[] { 1, 2, 3, 4 }, new long[] { 60, 20, 90 }, 60)]
    [InlineData(new[] { 1, 2, 3, 4, 5 }, new long[] { 10, 90, 20, 60 }, 60)]
    [InlineData(new[] { 1, 2, 3, 4, 5 }, new long[] { 60, 60, 60, 60 }, 60)]
    public void MajorityEnd_IsWhereTheMiddleReplicaEnds(int[] replicas, long[] followers, long expected)
    {
        Lead(replicas, replicas);
        Append(100);
        for (var i = 0; i < followers.Length; i++) Fetch(replicas[i + 1], followers[i]);

        Assert.Equal(expected, _leader.MajorityEnd);
        Assert.Equal(followers.Append(100).Min(), _leader.HighWatermark);
    }

    [Fact]
    public void MajorityEnd_FollowersNotHeardOf_IsNowhere()
    {
        Lead([1, 2, 3], [1, 2, 3]);
        Append(100);
        Assert.Equal(-1, _leader.MajorityEnd);
    }

    [Fact]
    public void MajorityEnd_LeaderHasNotStoredYet_WaitsForTheLeader()
    {
        Lead([1, 2, 3], [1, 2, 3]);
        Append(40);
        _leader.Append(60);
        Fetch(2, 100);
        Fetch(3, 100);
        Assert.Equal(40, _leader.MajorityEnd);
    }

    [Fact]
    public void MajorityEnd_FollowerOutOfSync_CountsAsWhatItHolds()
    {
        Lead([1, 2, 3], [1, 2]);
        Append(100);
        Fetch(3, 70);
        Assert.Equal(70, _leader.MajorityEnd);
        Assert.Equal(0, _leader.HighWatermark);
    }

    [Fact]
    public void FlushedEnd_WaitsForEveryInSyncReplicaAndTheLeader()
    {
        Lead([1, 2, 3], [1, 2, 3]);
        Append(100);
        Fetch(2, 100, flushed: 100);
        Fetch(3, 100, flushed: 30);
        Assert.Equal(100, _leader.HighWatermark);
        Assert.Equal(30, _leader.FlushedEnd(leaderFlushed: 100));
        Assert.Equal(20, _leader.FlushedEnd(leaderFlushed: 20));

        Fetch(3, 100); // Does not say what it has flushed: then it counts for nothing.
        Assert.Equal(-1, _leader.FlushedEnd(leaderFlushed: 100));
    }

    [Fact]
    public void FlushedEnd_NotCommittedThoughFlushed_WaitsForTheHighWatermark()
    {
        Lead([1, 2, 3], [1, 2, 3]);
        _leader.MinInSync = 4;
        Append(100);
        Fetch(2, 100, flushed: 100);
        Fetch(3, 100, flushed: 100);
        Assert.Equal(0, _leader.FlushedEnd(leaderFlushed: 100));
    }

    [Fact]
    public void FlushedEnd_InSyncSetIsNoMajority_IsNowhere()
    {
        Lead([1, 2, 3], [1]);
        Append(100);
        Assert.Equal(100, _leader.HighWatermark);
        Assert.Equal(-1, _leader.FlushedEnd(leaderFlushed: 100));
    }

    [Fact]
    public void FlushedEnd_ReplicaIsJoining_WaitsForItToo()
    {
        Lead([1, 2, 3], [1, 2]);
        _leader.JoinsFlushed = true;
        Append(100);
        Fetch(2, 100, flushed: 100);
        Fetch(3, 100, flushed: 100);
        Assert.Contains(_effects, effect => effect.Kind == PartitionEffectKind.ProposeInSync);

        Append(50);
        Fetch(2, 150, flushed: 150);
        Assert.Equal(100, _leader.FlushedEnd(leaderFlushed: 150));
    }

    [Fact]
    public void InSyncSet_JoinsFlushed_TakesAReplicaOnlyWithWhatItHasFlushed()
    {
        Lead([1, 2, 3], [1, 2]);
        _leader.JoinsFlushed = true;
        Append(100);
        Fetch(2, 100, flushed: 100);
        _effects.Clear();

        Fetch(3, 100);
        Fetch(3, 100, flushed: 99);
        Assert.Empty(_effects);
        Fetch(3, 100, flushed: 100);
        Assert.Equal([PartitionEffect.ProposeInSync(new ReplicaSet(0b111), new JoiningReplica(3, -1))], _effects);
    }

    [Fact]
    public void FlushedEnd_NewEpoch_KnowsNothingOfFollowersAnyMore()
    {
        Lead([1, 2, 3], [1, 2, 3]);
        Append(100);
        Fetch(2, 100, flushed: 100);
        Fetch(3, 100, flushed: 100);
        Assert.Equal(100, _leader.FlushedEnd(leaderFlushed: 100));

        Lead([1, 2, 3], [1, 2, 3], epoch: 2, logEnd: 100);
        Assert.Equal((-1, -1), (_leader.FlushedEnd(leaderFlushed: 100), _leader.MajorityEnd));
    }

    private void Lead(int[] replicas, int[] inSync, int epoch = 1, long logEnd = 0) =>
        _leader.Update(new PartitionAssignment(1, epoch, epoch, replicas, inSync), logEnd, default, _effects);

    private void Append(int records)
    {
        _leader.Append(records);
        _leader.LeaderStored(_leader.EndOffset, _effects);
    }

    private void Fetch(int node, long offset, long flushed = -1) => Assert.True(_leader.FollowerFetched(node, offset, default, _effects, flushed));
}
