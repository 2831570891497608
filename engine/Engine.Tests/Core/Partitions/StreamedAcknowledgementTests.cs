using Engine.Core;
using Engine.Core.Partitions;

namespace Engine.Tests.Core.Partitions;

/// <summary>Who is taken for caught up when acknowledgements come while more is on its way.</summary>
public sealed class StreamedAcknowledgementTests
{
    private static readonly TimeSpan Lag = TimeSpan.FromSeconds(10);
    private readonly List<PartitionEffect> _effects = [];
    private readonly ReplicatedPartition _leader = new(1, Lag);

    public StreamedAcknowledgementTests() => _leader.Update(new PartitionAssignment(1, 1, 1, [1, 2], [1, 2]), 0, default, _effects);

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void InSyncSet_FollowerAlwaysAFewBatchesBehind_KeepsIt(int batchesBehind)
    {
        for (var second = 0; second < 100; second++)
        {
            _leader.Append(10);
            _leader.LeaderStored(_leader.EndOffset, _effects);
            _leader.FollowerAcknowledged(2, Math.Max(0, _leader.EndOffset - (batchesBehind * 10)), At(second), _effects);
            _leader.Tick(At(second), _effects);
        }

        Assert.DoesNotContain(_effects, effect => effect.Kind == PartitionEffectKind.ProposeInSync);
        Assert.Equal(1000 - (batchesBehind * 10), _leader.HighWatermark);
    }

    [Fact]
    public void InSyncSet_FollowerSaysTheSameAgainAndAgain_DropsItOnceItLagsTooLong()
    {
        for (var second = 0; second < 30; second++)
        {
            _leader.FollowerAcknowledged(2, 0, At(second), _effects);
            _leader.Tick(At(second), _effects);
        }

        Assert.Empty(_effects); // With nothing to lag behind it is level.
        _leader.Append(10);
        for (var second = 30; second <= 39; second++)
        {
            _leader.FollowerAcknowledged(2, 0, At(second), _effects);
            _leader.Tick(At(second), _effects);
        }

        Assert.Empty(_effects);
        _leader.Tick(At(40), _effects);
        Assert.Equal([PartitionEffect.ProposeInSync(ReplicaSet.Of(0))], _effects);
    }

    [Fact]
    public void InSyncSet_FollowerThatFallsBackFurtherAndFurther_DropsIt()
    {
        for (var second = 0; second < 60 && _effects.TrueForAll(effect => effect.Kind != PartitionEffectKind.ProposeInSync); second++)
        {
            _leader.Append(10);
            _leader.FollowerAcknowledged(2, second * 2, At(second), _effects);
            _leader.Tick(At(second), _effects);
        }

        Assert.Equal(PartitionEffect.ProposeInSync(ReplicaSet.Of(0)), _effects[^1]);
    }

    private static Instant At(int seconds) => default(Instant) + TimeSpan.FromSeconds(seconds);
}
