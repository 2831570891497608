using Engine.Core.Cluster;

namespace Engine.Tests.Core.Cluster;

public sealed class TopicNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("Orders_2024-06.eu")]
    [InlineData("...")]
    [InlineData("__consumer_offsets")]
    public void Problem_AllowedName_IsNone(string name) => Assert.Null(TopicName.Problem(name));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a\0b")]
    [InlineData("größe")]
    [InlineData("a\n")]
    public void Problem_OtherName_IsSaid(string? name) => Assert.NotNull(TopicName.Problem(name));

    [Fact]
    public void Problem_Length_AllowsUpTo249()
    {
        Assert.Null(TopicName.Problem(new string('x', 249)));
        Assert.NotNull(TopicName.Problem(new string('x', 250)));
    }

    [Theory]
    [InlineData("a.b", "a_b", true)]
    [InlineData("a.b_c", "a_b.c", true)]
    [InlineData("a-b", "a_b", false)]
    [InlineData("a.b", "a.bc", false)]
    public void CollisionComparer_TakesDotForUnderscore(string left, string right, bool same)
    {
        Assert.Equal(same, TopicName.CollisionComparer.Equals(left, right));
        if (same) Assert.Equal(TopicName.CollisionComparer.GetHashCode(left), TopicName.CollisionComparer.GetHashCode(right));
    }
}
