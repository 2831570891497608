using Engine.Core.Cluster;

namespace Engine.Tests.Core.Cluster;

public sealed class AssignmentTests
{
    [Fact]
    public void Spread_ThreeBrokers_LeadersGoRoundAndFollowersAreStaggered()
    {
        var replicas = Assignment.Spread([1, 2, 3], 6, 2, start: 0).Select(p => string.Join(",", p.Replicas));
        Assert.Equal(["1,2", "2,3", "3,1", "1,3", "2,1", "3,2"], replicas);
    }

    [Fact]
    public void Spread_Start_MovesTheFirstLeader()
    {
        Assert.Equal(3, Assignment.Spread([1, 2, 3], 1, 1, start: 5)[0].Leader);
        Assert.Equal(2, Assignment.Spread([1, 2, 3], 1, 1, start: int.MaxValue)[0].Leader);
    }

    [Theory]
    [InlineData(1, 1, 7)]
    [InlineData(3, 3, 100)]
    [InlineData(5, 3, 60)]
    [InlineData(4, 1, 8)]
    public void Spread_AnySize_HasDistinctReplicasAndEvenLoad(int brokers, int factor, int partitions)
    {
        var spread = Assignment.Spread([.. Enumerable.Range(10, brokers)], partitions, factor, start: 3);

        Assert.Equal(partitions, spread.Count);
        Assert.All(spread, p => Assert.Equal(factor, p.Replicas.Distinct().Count()));
        Assert.All(spread, p => Assert.Null(p.Problem()));
        var led = spread.CountBy(p => p.Leader).Select(pair => pair.Value).ToList();
        var held = spread.SelectMany(p => p.Replicas).CountBy(node => node).Select(pair => pair.Value).ToList();
        Assert.Equal(brokers, led.Count);
        Assert.InRange(led.Max() - led.Min(), 0, 1);
        Assert.InRange(held.Max() - held.Min(), 0, factor);
    }

    [Fact]
    public void Spread_SameQuestion_SameAnswer() => Assert.Equal(
        Assignment.Spread([1, 2, 3], 50, 3, 7).Select(p => string.Join(",", p.Replicas)),
        Assignment.Spread([1, 2, 3], 50, 3, 7).Select(p => string.Join(",", p.Replicas)));

    [Fact]
    public void Spread_MoreReplicasThanBrokers_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Assignment.Spread([1, 2], 1, 3, 0));
}
