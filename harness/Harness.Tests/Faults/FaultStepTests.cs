using Engine.Core.Strategies;
using Harness.Faults;

namespace Harness.Tests.Faults;

public sealed class FaultStepTests
{
    [Theory]
    [InlineData("kill", "kill(leader, at=2s, back=2s)")]
    [InlineData("kill( follower , at=5s, back=never)", "kill(follower, at=5s, back=never)")]
    [InlineData("pause(leader, at=5s, for=10s)", "pause(leader, at=5s, for=10s)")]
    [InlineData("restart(all, at=1s)", "restart(all, at=1s)")]
    [InlineData("cut(leader, from=followers, at=5s, for=10s)", "cut(leader, at=5s, for=10s, from=followers, way=both)")]
    [InlineData("cut(node-2, from=clients, way=in)", "cut(node-2, at=2s, for=5s, from=clients, way=in)")]
    [InlineData("delay(all, by=500us)", "delay(all, at=2s, for=5s, from=others, by=500us, jitter=0us)")]
    [InlineData("loss(leader, share=2.5%)", "loss(leader, at=2s, for=5s, from=others, share=2.5%)")]
    [InlineData("slow-disk(follower, rate=64KiB)", "slow-disk(follower, at=2s, for=5s, rate=64KiB)")]
    [InlineData("slow-reads(leader)", "slow-reads(leader, at=2s, for=5s, rate=64MiB)")]
    [InlineData("power-loss(all, at=5s)", "power-loss(all, at=5s, back=2s)")]
    [InlineData("fsync-error", "fsync-error(leader, at=2s, back=2s)")]
    [InlineData("cut(leader, from=store)", "cut(leader, at=2s, for=5s, from=store, way=both)")]
    public void Parse_AnyWayOfWriting_NamesEveryParameterAndReadsItsOwnText(string text, string resolved)
    {
        var step = FaultStep.Parse(text);

        Assert.Equal(resolved, step.Text);
        Assert.Equal(step, FaultStep.Parse(step.Text));
    }

    [Theory]
    [InlineData("explode(leader)", "kill, pause, restart, cut, delay, loss, slow-disk, slow-reads, disk-full, fsync-error, power-loss or none")]
    [InlineData("kill(boss)", "leader, follower, followers, controller, all or node-1")]
    [InlineData("kill(others)", "leader, follower")]
    [InlineData("kill(store)", "leader, follower")]
    [InlineData("cut(leader, from=everybody)", "others, clients, store, cluster, leader")]
    [InlineData("kill(node-0)", "node-1")]
    [InlineData("kill(leader, back=soon)", "or never")]
    [InlineData("kill(leader, for=2s)", "it has target, at, back")]
    [InlineData("pause(leader, back=2s)", "it has target, at, for")]
    [InlineData("cut(leader, way=up)", "both, in or out")]
    [InlineData("loss(leader, share=3)", "such as 1%")]
    [InlineData("restart(leader, at=5)", "such as 2s")]
    public void Parse_Wrong_SaysWhatIsAllowed(string text, string allowed)
    {
        var error = Assert.Throws<StrategyException>(() => FaultStep.Parse(text));

        Assert.Contains(allowed, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_OthersOfAllNodes_AreAll()
    {
        var roles = new ClusterRoles([1, 2, 3], Leader: 2, Followers: [1, 3], Controller: 3);

        Assert.Equal([1, 3], new FaultTarget(FaultTargetKind.Others).Resolve(roles, [2]));
        Assert.Equal([1, 2, 3], new FaultTarget(FaultTargetKind.Others).Resolve(roles, [1, 2, 3]));
        Assert.Equal([1], new FaultTarget(FaultTargetKind.Follower).Resolve(roles, []));
        Assert.Equal([3], new FaultTarget(FaultTargetKind.Controller).Resolve(roles, []));
        Assert.Equal([FaultTarget.Clients], new FaultTarget(FaultTargetKind.Clients).Resolve(roles, [2]));
        Assert.Equal([FaultTarget.Store], new FaultTarget(FaultTargetKind.Store).Resolve(roles, [2]));
        Assert.Equal([1, 3, FaultTarget.Store], new FaultTarget(FaultTargetKind.Cluster).Resolve(roles, [2]));
    }
}
