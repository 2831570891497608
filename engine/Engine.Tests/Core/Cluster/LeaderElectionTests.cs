using System.Collections.Immutable;
using Engine.Core.Cluster;

namespace Engine.Tests.Core.Cluster;

public sealed class LeaderElectionTests
{
    private static readonly Guid Orders = new("00000000-0000-0000-0000-000000000001");
    private static readonly TopicConfig MinTwo = new() { MinInsyncReplicas = 2 };

    [Fact]
    public void Changes_EverybodyAlive_AreNone() => Assert.Empty(LeaderElection.Changes(Cluster([1, 2, 3]), MinTwo));

    [Fact]
    public void LeaderDies_FirstOfTheAssignmentThatIsInSyncAndAlive_LeadsInTheNextEpoch()
    {
        var state = Dead(Cluster([1, 2, 3], [3, 2, 1]), 1);

        var changes = LeaderElection.Changes(state, MinTwo).ToList();
        Assert.Equal([(0, 2, 1, 1), (1, 3, 0, 1)], changes.Select(change => (change.Partition, change.Leader, change.LeaderEpoch, change.PartitionEpoch)));
        Assert.Equal(["2,3", "3,2"], changes.Select(change => Text(change.Isr)));
    }

    [Fact]
    public void LeaderDies_FirstOfTheAssignmentIsAliveButNotInSync_IsPassedOver()
    {
        var state = Then(Cluster([1, 2, 3]), leader: 2, isr: [2, 3]);
        Assert.Equal((3, "3"), Described(Assert.Single(LeaderElection.Changes(Dead(state, 2), new()))));
    }

    [Fact]
    public void FollowerDies_LeavesTheInSyncSetUnderTheSameLeaderAndEpoch()
    {
        var change = Assert.Single(LeaderElection.Changes(Dead(Cluster([1, 2, 3]), 2), MinTwo));
        Assert.Equal((1, 0, "1,3", ""), (change.Leader, change.LeaderEpoch, Text(change.Isr), Text(change.Eligible)));
    }

    [Fact]
    public void FollowerDies_SetFallsBelowTheMinimum_WhoLeftMayStillLead()
    {
        var alone = Settle(Dead(Cluster([1, 2, 3]), 2, 3), MinTwo);
        Assert.Equal((1, "1", "2,3"), Described(alone));

        // Node 1 goes as well, and one of them comes back: all that was committed is on it.
        var gone = Settle(Dead(alone, 1), MinTwo);
        Assert.Equal((-1, "1", "2,3"), Described(gone));
        Assert.Equal((3, "3", "1,2"), Described(Settle(Back(gone, 3), MinTwo)));
    }

    [Fact]
    public void LastMember_Dies_KeepsItsSeatAndLeadsAgainWhenItIsBack()
    {
        var state = Dead(Cluster([1, 2]), 2);
        state = Settle(state, new());
        state = Settle(Dead(state, 1), new());
        Assert.Equal((-1, "1", ""), Described(state));

        // Node 2 lacks what node 1 committed alone.
        state = Settle(Back(state, 2), new());
        Assert.Equal((-1, "1", ""), Described(state));
        Assert.Equal((1, "1", ""), Described(Settle(Back(state, 1), new())));
    }

    [Fact]
    public void AllDie_AtOnce_AnyOfThemLeadsOnceItIsBack()
    {
        var state = Settle(Dead(Cluster([1, 2, 3]), 1, 2, 3), MinTwo);
        Assert.Equal((-1, "1,2,3", ""), Described(state));
        Assert.Equal((2, "2", "1,3"), Described(Settle(Back(state, 2), MinTwo)));
    }

    [Fact]
    public void NobodyWhoMayLeadLives_UncleanElectionIsOn_AnyReplicaLeadsAndTheOthersMayNoMore()
    {
        var state = Settle(Dead(Cluster([1, 2, 3]), 1), MinTwo);
        state = Settle(Dead(state, 2), MinTwo);
        Assert.Equal((3, "3", "2"), Described(state));
        state = Back(Settle(Dead(state, 3), MinTwo), 1);

        Assert.Equal((-1, "3", "2"), Described(Settle(state, MinTwo)));
        Assert.Equal((1, "1", ""), Described(Settle(state, MinTwo with { UncleanLeaderElection = true })));
    }

    [Fact]
    public void NobodyWhoMayLeadLives_TopicSaysOtherwiseThanTheBroker_IsAsked()
    {
        var topic = ClusterStateTests.Topic("orders", Orders, [1, 2]) with
        {
            Config = ImmutableSortedDictionary<string, string>.Empty.Add("unclean.leader.election.enable", "true"),
        };
        var state = Dead(Then(Brokers().Apply(topic), leader: 1, isr: [1]), 1);
        Assert.Equal(2, Assert.Single(LeaderElection.Changes(state, new())).Leader);
    }

    [Fact]
    public void NodeThatMayHaveLost_ReturnsAloneBelowTheMinimum_LeavesTheLeadToThoseThatHoldAll()
    {
        var state = Settle(Dead(Cluster([1, 2, 3]), 2, 3), MinTwo);
        state = Dead(state, 1);
        state = state.Apply(Registration(state, 1));
        state = Leadership.Return(state, 1, mayHaveLost: true).Aggregate(state, (before, change) => before.Apply(change));
        state = Settle(state, MinTwo);
        Assert.Equal((-1, "2,3", ""), Described(state));

        Assert.Equal((3, "3", "2"), Described(Settle(Back(state, 3), MinTwo)));
    }

    [Fact]
    public void NodeThatMayHaveLost_StoodBesideTheInSyncSet_MayLeadNoMore()
    {
        var state = Settle(Dead(Cluster([1, 2, 3]), 2, 3), MinTwo);
        state = state.Apply(Registration(state, 3));
        state = Leadership.Return(state, 3, mayHaveLost: true).Aggregate(state, (before, change) => before.Apply(change));
        Assert.Equal((1, "1", "2"), Described(state));
    }

    [Fact]
    public void GiveUp_LogFailed_AnotherLeadsWithoutIt_UnlessThereIsNone()
    {
        var state = Cluster([1, 2, 3], [1]);
        var change = Leadership.GiveUp(state, 1, Orders, 0)!;
        Assert.Equal((2, 1, "2,3"), (change.Leader, change.LeaderEpoch, Text(change.Isr)));
        Assert.Null(Leadership.GiveUp(state.Apply(change), 1, Orders, 0));
        Assert.Null(Leadership.GiveUp(state, 1, Orders, 1));
        Assert.Null(Leadership.GiveUp(state, 1, Guid.NewGuid(), 0));

        change = Leadership.GiveUp(state, 3, Orders, 0)!;
        Assert.Equal((1, 0, "1,2"), (change.Leader, change.LeaderEpoch, Text(change.Isr)));
    }

    [Fact]
    public void HandOver_LeadershipsGoToOthersInSync_AndTheSetsStay()
    {
        var state = Then(Cluster([1, 2, 3], [1, 2], [2, 1]), leader: 1, isr: [1, 3]);
        state = Dead(state, 2);

        // Partition 1 has nobody else alive, partition 2 is another's.
        var change = Assert.Single(Leadership.HandOver(state, 1));
        Assert.Equal((0, 3, 1, "1,3"), (change.Partition, change.Leader, change.LeaderEpoch, Text(change.Isr)));
        _ = state.Apply(change);
    }

    [Fact]
    public void Preferred_InSyncAndAlive_LeadsAgain()
    {
        var state = Then(Cluster([1, 2, 3]), leader: 2, isr: [2, 3]);
        Assert.Empty(LeaderElection.Preferred(state));

        state = Then(state, leader: 2, isr: [1, 2, 3]);
        var change = Assert.Single(LeaderElection.Preferred(state));
        Assert.Equal((1, 2, "1,2,3"), (change.Leader, change.LeaderEpoch, Text(change.Isr)));
        Assert.Empty(LeaderElection.Preferred(state.Apply(change)));
        Assert.Empty(LeaderElection.Preferred(Dead(state, 1)));
    }

    [Fact]
    public void Changes_SinceASettledState_LookOnlyAtWhatIsOther()
    {
        var settled = Settle(Dead(Cluster([1, 2], [2, 1]), 1), new());
        Assert.Empty(LeaderElection.Changes(settled, new(), settled));

        var other = Then(settled, leader: 2, isr: [1, 2]);
        Assert.Equal((2, "2"), Described(Assert.Single(LeaderElection.Changes(other, new(), settled))));
        Assert.Equal(2, LeaderElection.Changes(Dead(settled, 2), new(), settled).Count());
    }

    /// <summary>Every state that three replicas can be in, with every setting: what must hold of each decision.</summary>
    [Fact]
    public void Changes_OfEveryState_KeepTheRules()
    {
        var states = 0;
        foreach (var alive in Subsets(1, 2, 3))
        foreach (var isr in Subsets(1, 2, 3).Where(set => set.Length > 0))
        foreach (var eligible in Subsets(1, 2, 3).Where(set => !set.Intersect(isr).Any()))
        foreach (var leader in isr.Append(-1))
        foreach (var minInSync in new[] { 1, 2, 3 })
        foreach (var unclean in new[] { false, true })
        {
            if (eligible.Length > 0 && isr.Length >= minInSync) continue; // Nothing leads there.
            var config = new TopicConfig { MinInsyncReplicas = minInSync, UncleanLeaderElection = unclean };
            var state = Dead(Then(Cluster([1, 2, 3]), leader, isr, eligible), [.. new[] { 1, 2, 3 }.Except(alive)]);
            var name = $"alive [{Text(alive)}], in sync [{Text(isr)}], eligible [{Text(eligible)}], led by {leader}, minimum {minInSync}, unclean {unclean}";
            AssertRules(name, state, config, alive);
            states++;
        }

        Assert.True(states > 500, $"{states} states were looked at");
    }

    private static void AssertRules(string name, ClusterState state, TopicConfig config, int[] alive)
    {
        var before = state.FindTopic(Orders)!.Partitions[0];
        var settled = Settle(state, config);
        var after = settled.FindTopic(Orders)!.Partitions[0];
        void Holds(bool rule, string what) => Assert.True(rule, $"{what}: {name} -> {Described(settled)}");

        Holds(!LeaderElection.Changes(settled, config).Any(), "what was decided is not decided again");
        Holds(after.LeaderEpoch == before.LeaderEpoch + (after.Leader == before.Leader ? 0 : 1), "the epoch tells the reigns apart");
        Holds(after.Eligible.IsEmpty || after.Isr.Length < config.MinInsyncReplicas, "others may lead only while nothing is committed");

        ImmutableArray<int> mayLead = [.. before.Isr, .. before.Eligible];
        int[] first = [.. before.Isr.Intersect(alive)];
        if (first.Length == 0) first = [.. before.Eligible.Intersect(alive)];
        if (first.Length > 0)
        {
            Holds(after.Leader == (first.Contains(before.Leader) ? before.Leader : first.Min()), "the leader stays while it lives, else the first of the assignment leads");
            Holds(after.Isr.All(node => alive.Contains(node)) && after.Isr.All(mayLead.Contains), "the dead are not in sync, and nobody new is");
            Holds(after.Eligible.All(mayLead.Contains), "who may lead holds everything committed");
        }
        else if (config.UncleanLeaderElection && alive.Length > 0)
        {
            Holds(after.Leader == alive.Min() && Text(after.Isr) == Text([after.Leader]) && after.Eligible.IsEmpty, "an unclean leader is the only one in sync");
        }
        else
        {
            Holds(after.Leader == -1 && after.Isr.SequenceEqual(before.Isr) && after.Eligible.SequenceEqual(before.Eligible), "who may lead is waited for");
        }
    }

    private static IEnumerable<int[]> Subsets(params int[] of) =>
        Enumerable.Range(0, 1 << of.Length).Select(bits => of.Where((_, index) => (bits & (1 << index)) != 0).ToArray());

    private static ClusterState Settle(ClusterState state, TopicConfig config) =>
        LeaderElection.Changes(state, config).Aggregate(state, (before, change) => before.Apply(change));

    private static ClusterState Brokers()
    {
        var state = ClusterState.Empty.Apply(new ClusterCreated("c"));
        for (var node = 1; node <= 3; node++) state = state.Apply(Registration(state, node));
        return state;
    }

    /// <summary>Nodes 1 to 3, all alive, and one topic with these replicas.</summary>
    private static ClusterState Cluster(params int[][] replicas) => Brokers().Apply(ClusterStateTests.Topic("orders", Orders, replicas));

    private static BrokerRegistered Registration(ClusterState state, int node) => new(node, state.Version + 1, $"h{node}", 9090, $"i{node}", 9190);

    private static ClusterState Back(ClusterState state, int node) => state.Apply(Registration(state, node));

    private static ClusterState Dead(ClusterState state, params int[] nodes) =>
        nodes.Aggregate(state, (before, node) => before.Apply(new BrokerStopped(node, before.Brokers[node].Epoch)));

    /// <summary>Partition 0 as it came to be.</summary>
    private static ClusterState Then(ClusterState state, int leader, int[] isr, params int[] eligible)
    {
        var now = state.FindTopic(Orders)!.Partitions[0];
        return state.Apply(new PartitionChanged(Orders, 0, leader, now.LeaderEpoch + (leader == now.Leader ? 0 : 1), [.. isr], now.Epoch + 1) { Eligible = [.. eligible] });
    }

    private static (int Leader, string Isr) Described(PartitionChanged change) => (change.Leader, Text(change.Isr));

    private static (int Leader, string Isr, string Eligible) Described(ClusterState state)
    {
        var partition = state.FindTopic(Orders)!.Partitions[0];
        return (partition.Leader, Text(partition.Isr), Text(partition.Eligible));
    }

    private static string Text(IEnumerable<int> nodes) => string.Join(",", nodes);
}
