using Engine.Core.Strategies;
using Harness.Faults;
using Harness.Plans;
using Harness.Tests.Plans;

namespace Harness.Tests.Faults;

public sealed class FaultScriptTests
{
    [Fact]
    public void Parse_SeveralSteps_KeepsTheirOrderAndNoneIsEmpty()
    {
        var script = FaultScript.Parse("kill(leader, at=1s); pause(node-2, at=3s, for=1s)");

        Assert.Equal("kill(leader, at=1s, back=2s); pause(node-2, at=3s, for=1s)", script.Text);
        Assert.Equal(script.Text, FaultScript.Parse(script.Text).Text);
        Assert.Equal(["kill(leader, at=1s, back=2s)", "pause(node-2, at=3s, for=1s)"], script.Draw(seed: 1).Select(step => step.Text));
        Assert.True(FaultScript.Parse(FaultScript.Empty.Text).IsEmpty);
    }

    [Theory]
    [InlineData("kill(leader, at=9s)", "begins after the measured time, which is 9s")]
    [InlineData("kill(node-4)", "names node-4; cluster.nodes is 3")]
    [InlineData("cut(leader, from=node-7)", "names node-7")]
    [InlineData("kill(leader, at=1s..9s)", "begins after the measured time")]
    [InlineData("kill(leader|node-4)", "names node-4")]
    [InlineData("cut(leader, from=store)", "cluster.store=etcd")]
    [InlineData("cut(leader, from=others|cluster)", "cluster.store=etcd")]
    [InlineData("cut(leader); delay(all)", "cannot be in one plan")]
    [InlineData("delay(leader, from=clients)", "only links between brokers")]
    public async Task Prepare_FaultsThatTheClusterCannotHave_AreRefused(string faults, string said)
    {
        var error = await Assert.ThrowsAsync<PlanException>(() => TestPlans.Prepare(TestPlans.Of(TestPlans.Produce), 7, $"faults={faults}"));

        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prepare_AxisOfFaults_GivesEachCellItsOwn()
    {
        var plan = TestPlans.Produce with { Vary = [Axis.Faults("none", "kill(leader, at=1s)")] };

        var campaign = await TestPlans.Prepare(TestPlans.Of(plan));

        Assert.Equal(["none", "kill(leader, at=1s)"], campaign.Cells.Select(cell => cell.Facts.Values["fault"]));
        Assert.Equal([0, 1], campaign.Cells.Select(cell => cell.Faults.Draw(seed: 1).Count));
    }

    [Theory]
    [InlineData("kill(at=1000ms..4s)", "kill(leader, at=1s..4s, back=2s)")]
    [InlineData("kill(leader | follower)", "kill(leader|follower, at=2s, back=2s)")]
    [InlineData("cut(leader, way=in|out, at=500ms..1.5s, for=1s..2s)", "cut(leader, at=500ms..1500ms, for=1s..2s, from=others, way=in|out)")]
    [InlineData("slow-disk(follower, rate=64KiB|1024KiB)", "slow-disk(follower, at=2s, for=5s, rate=64KiB|1MiB)")]
    public void Parse_WhatIsLeftOpen_StaysInItsText(string text, string resolved)
    {
        var script = FaultScript.Parse(text);

        Assert.Equal(resolved, script.Text);
        Assert.Equal(resolved, FaultScript.Parse(script.Text).Text);
    }

    [Theory]
    [InlineData("kill(leader, at=4s..2s)", "ends before it begins")]
    [InlineData("slow-disk(follower, rate=1KiB..1MiB)", "only a time is drawn from a window")]
    [InlineData("kill(leader|boss)", "leader, follower, followers")]
    [InlineData("cut(leader, way=in|up)", "both, in or out")]
    [InlineData("kill(leader, at=1s..soon)", "such as 2s")]
    [InlineData("kill(leader, at=1s..2s, when=3s)", "it has target, at, back")]
    [InlineData("kill(leader, at=1s..2s", "lacks its closing parenthesis")]
    public void Parse_WrongChoice_SaysWhatIsAllowed(string text, string allowed)
    {
        var error = Assert.Throws<StrategyException>(() => FaultScript.Parse(text));

        Assert.Contains(allowed, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Draw_SeedBySeed_TakesMomentsOfTheWindowAndEveryWordAndIsAScriptItself()
    {
        var script = FaultScript.Parse("kill(leader|follower|node-3, at=2s..4s); cut(leader, at=2s..4s, for=1s..1010ms)");

        var draws = Enumerable.Range(0, 200).Select(seed => script.Draw((ulong)seed)).ToList();

        Assert.All(draws, steps =>
        {
            Assert.InRange(steps[0].At, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4));
            Assert.Equal(0, steps[0].At.Ticks % TimeSpan.TicksPerMillisecond);
            Assert.Equal(steps, FaultScript.Parse(string.Join("; ", steps.Select(step => step.Text))).Draw(seed: 99));
        });
        Assert.Equal(["follower", "leader", "node-3"], draws.Select(steps => $"{steps[0].Target}").Distinct().Order());
        Assert.Equal(11, draws.Select(steps => steps[1].Lasts).Distinct().Count()); // both ends of the window, too
        // Each seed and each step draws for itself.
        Assert.True(draws.Select(steps => steps[0].At).Distinct().Count() > 150);
        Assert.True(draws.Count(steps => steps[0].At == steps[1].At) < 5);
    }

    [Fact]
    public void Draw_SameSeed_DrawsTheSame()
    {
        const string text = "kill(leader|follower, at=1s..8s, back=100ms..2s)";

        Assert.Equal(FaultScript.Parse(text).Draw(17), FaultScript.Parse(text).Draw(17));
        Assert.NotEqual(FaultScript.Parse(text).Draw(17), FaultScript.Parse(text).Draw(18));
    }

    [Fact]
    public void Needs_OfAnyStepThatMayBeDrawn_AreThoseOfAllRuns() =>
        Assert.Equal(FaultNeeds.Network | FaultNeeds.Disks, FaultScript.Parse("cut(leader, way=in|out); power-loss(leader|follower)").Needs);
}
