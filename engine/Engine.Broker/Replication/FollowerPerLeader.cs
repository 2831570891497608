namespace Engine.Broker.Replication;

/// <summary>One <see cref="LeaderFollower"/> for each leader that this node follows in anything.</summary>
internal sealed class FollowerPerLeader(int nodeId, TimeSpan slice, OpenLeaderLink open) : IReplication
{
    private readonly Dictionary<int, LeaderFollower> _followers = [];

    public void Follow(IReadOnlyList<Followed> followed)
    {
        var leaders = followed.GroupBy(one => one.LeaderNode).ToDictionary(leader => leader.Key);
        foreach (var gone in _followers.Keys.Except(leaders.Keys).ToList())
        {
            _followers[gone].Dispose();
            _followers.Remove(gone);
        }

        foreach (var (leader, partitions) in leaders)
        {
            if (!_followers.TryGetValue(leader, out var follower)) _followers.Add(leader, follower = new LeaderFollower(nodeId, leader, slice, open));
            var any = partitions.First();
            follower.Follow(new(any.BrokerEpoch, any.LeaderHost, any.LeaderPort, [.. partitions.Select(one => one.Partition)]));
        }
    }

    public void Dispose()
    {
        foreach (var follower in _followers.Values) follower.Dispose();
        _followers.Clear();
    }
}
