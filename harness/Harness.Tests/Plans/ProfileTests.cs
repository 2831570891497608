using Harness.Faults;
using Harness.Plans;
using Harness.Runs;
using Harness.Tests.Results;

namespace Harness.Tests.Plans;

public sealed class ProfileTests
{
    private static readonly string[] Quickly = ["profile=quick"];

    [Fact]
    public void Of_NoProfile_IsThePlanAsItIsWritten()
    {
        var plans = Profile.PlansOf(TestPlans.Of(TestPlans.Produce), []);

        Assert.Same(TestPlans.Produce, Assert.Single(plans));
        Assert.Same(Profile.Standard, Profile.Of(["load.acks=1"]));
    }

    [Fact]
    public void Quick_ShortensAndKeepsOnlyWhatTheExperimentChose()
    {
        var look = QuickLook.At((Axis.RateName, ["1000", PlanSettings.Unlimited])) with { Measure = TimeSpan.FromSeconds(3) };

        var plan = Assert.Single(look.Of([TestPlans.Produce]));

        Assert.Equal(["1000", PlanSettings.Unlimited], plan.Vary[1].Values);
        Assert.Equal(TestPlans.Produce.Vary[0].Values, plan.Vary[0].Values);
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), 2), (plan.Schedule.Warmup, plan.Schedule.Measure, plan.Schedule.Repeats));
        Assert.Equal(["rate 5000"], look.LeftOut([TestPlans.Produce]));
    }

    [Fact]
    public void Quick_PlanThatIsShorterAlready_StaysAsShortAsItIs()
    {
        var schedule = new Schedule(TimeSpan.Zero, TimeSpan.FromMilliseconds(500), Repeats: 1);

        Assert.Equal(schedule, Assert.Single(new QuickLook().Of([TestPlans.Produce with { Schedule = schedule }])).Schedule);
    }

    [Fact]
    public void Quick_PlanWithFaults_KeepsItsMeasuredTimeAsTheirMomentsAreInIt()
    {
        var whole = TestPlans.Produce.Schedule.Measure;
        var faulty = TestPlans.Produce with { Faults = FaultScript.Parse("kill(leader, at=5s)") };
        var varied = TestPlans.Produce with { Vary = [Axis.Faults("none", "kill(leader, at=5s)")] };

        Assert.All(new QuickLook().Of([faulty, varied]), plan => Assert.Equal(whole, plan.Schedule.Measure));
    }

    [Fact]
    public void Quick_PartThatIsNotKept_IsLeftOutAndNamed()
    {
        Plan[] plans = [TestPlans.Produce with { Part = "write" }, TestPlans.Read with { Part = "read" }];
        var look = QuickLook.At((Plan.PartAxis, ["read"]));

        Assert.Equal("read", Assert.Single(look.Of(plans)).Part);
        Assert.Equal(["write"], look.LeftOut(plans));
    }

    [Fact]
    public void Publish_RepeatsUntilItIsKnown_AndKeepsWhatThePlanAsksForItself()
    {
        var exact = TestPlans.Produce with { Part = "exact", Schedule = TestPlans.Produce.Schedule with { Repeats = 20, Precision = 0.01, Budget = TimeSpan.FromHours(3) } };

        var plans = Profile.PlansOf(TestPlans.Of(TestPlans.Produce, exact), ["profile=publish"]);

        Assert.Equal((6, 0.05, TimeSpan.FromHours(1)), (plans[0].Schedule.Repeats, plans[0].Schedule.Precision, plans[0].Schedule.Budget));
        Assert.Equal(exact.Schedule, plans[1].Schedule);
    }

    [Fact]
    public void PlansOf_OtherOverrides_ChangeWhatTheProfileGives()
    {
        var plans = Profile.PlansOf(TestPlans.Of(TestPlans.Produce), ["schedule.repeats=9", .. Quickly, "load.acks=1"]);

        Assert.Equal(9, Assert.Single(plans).Schedule.Repeats);
    }

    [Fact]
    public void Of_UnknownOrSeveral_SaysWhatThereIs()
    {
        Assert.Equal("there is no profile 'fast': choose quick, standard, publish.", Assert.Throws<PlanException>(() => Profile.Of(["profile=fast"])).Message);
        Assert.Equal("profiles quick and publish: name one.", Assert.Throws<PlanException>(() => Profile.Of(["profile=quick", "profile=publish"])).Message);
    }

    [Fact]
    public async Task Result_OfAQuickLook_SaysSoInItsPlanAndWithItsNumbers()
    {
        var quick = await TestPlans.Prepare(TestPlans.Of(TestPlans.Produce), overrides: Quickly);
        var standard = await TestPlans.Prepare(TestPlans.Of(TestPlans.Produce));

        var described = CampaignFacts.Describe(quick, SyntheticCampaign.Machine, Path.GetTempPath(), "test");

        Assert.Equal(("quick", "standard"), (described.Profile, CampaignFacts.Describe(standard, SyntheticCampaign.Machine, Path.GetTempPath(), "test").Profile));
        Assert.StartsWith("Profile quick: a first look.", described.Caveats[0], StringComparison.Ordinal);
        Assert.Equal(2, described.Schedule.Repeats);
    }
}
