using Engine.Broker.Partitions;

namespace Engine.Broker.Replication;

/// <summary>What follows one leader, on a thread of its own.</summary>
internal interface ILeaderFollower : IDisposable
{
    /// <summary>Sets what to follow from now on, and where the leader listens. Does not wait for it.</summary>
    /// <param name="brokerEpoch">This node's registration.</param>
    /// <param name="host">Where the leader's inter-broker listener is.</param>
    /// <param name="port">Its port.</param>
    /// <param name="partitions">What it leads and this node follows.</param>
    void Follow(long brokerEpoch, string host, int port, IReadOnlyList<Partition> partitions);
}

/// <summary>One follower for each leader that this node follows in anything.</summary>
internal sealed class FollowerPerLeader(Func<int, ILeaderFollower> create) : IReplication
{
    private readonly Dictionary<int, ILeaderFollower> _followers = [];

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
            if (!_followers.TryGetValue(leader, out var follower)) _followers.Add(leader, follower = create(leader));
            var any = partitions.First();
            follower.Follow(any.BrokerEpoch, any.LeaderHost, any.LeaderPort, [.. partitions.Select(one => one.Partition)]);
        }
    }

    public void Dispose()
    {
        foreach (var follower in _followers.Values) follower.Dispose();
        _followers.Clear();
    }
}
