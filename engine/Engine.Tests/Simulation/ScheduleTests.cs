using System.Collections.Concurrent;
using Engine.Simulation;

namespace Engine.Tests.Simulation;

public sealed class ScheduleTests
{
    private const int SeedsEach = 100;

    private static readonly ConcurrentDictionary<string, Outcome[]> Runs = new();

    public static TheoryData<string> Scenarios { get; } = new(Scenario.All.Select(scenario => scenario.Name));

    /// <summary>More of them: <c>testbed simulate --seeds N</c>.</summary>
    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Schedules_OfManySeeds_HoldAllLaws(string scenario)
    {
        var broken = Array.Find(RunsOf(scenario), outcome => !outcome.HoldsAllLaws);

        Assert.True(broken is null, broken is null ? "" :
            $"{scenario}, seed {broken.Seed}, step {broken.Step}: {broken.Law}: {broken.Why}\n{string.Join('\n', broken.LastEvents)}");
    }

    /// <summary>Schedules of long soaks in which something was wrong once.</summary>
    [Theory]
    [InlineData("quorum", 475515)] // A copy that an earlier leader wrote at the same offset counted as the one acknowledged.
    [InlineData("snapshots", 1655025)] // The only snapshot left was older than a few segments, and passed over.
    public void Schedule_ThatOnceBrokeALaw_HoldsAll(string scenario, ulong seed)
    {
        var outcome = new Schedule(seed, Scenario.Find(scenario)!).Run();

        Assert.True(outcome.HoldsAllLaws, $"{outcome.Law}: {outcome.Why}");
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Schedule_SameSeed_IsTheSameEventByEvent(string scenario)
    {
        var (first, second) = (new List<string>(), new List<string>());
        var outcome = new Schedule(7, Scenario.Find(scenario)!, log: first.Add).Run();
        var again = new Schedule(7, Scenario.Find(scenario)!, log: second.Add).Run();

        Assert.Equal(first, second);
        Assert.Equal(outcome.Fingerprint, again.Fingerprint);
        Assert.NotEqual(outcome.Fingerprint, new Schedule(8, Scenario.Find(scenario)!).Run().Fingerprint);
    }

    /// <summary>Else the faults are not ones that could lose anything.</summary>
    [Fact]
    public void LeaderAcks_WhenLeadersFail_LoseRecordsInSomeSchedules() =>
        Assert.Contains(RunsOf("leader-acks"), outcome => outcome.LostLeaderAcks > 0);

    /// <summary>Else the faults are not ones in which it matters who is waited for.</summary>
    [Fact]
    public void Quorum_WhenLeadersFail_LosesRecordsToLeadersThatLackedThemInSomeSchedules() =>
        Assert.Contains(RunsOf("quorum"), outcome => outcome.LostQuorumAcks > 0);

    /// <summary>A schedule in which nothing gets done would hold every law.</summary>
    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Schedules_OnAverage_CommitDozensOfBatchesUnderFaults(string scenario) =>
        Assert.InRange(RunsOf(scenario).Average(outcome => outcome.CommittedBatches), 30, 10_000);

    private static Outcome[] RunsOf(string scenario) => Runs.GetOrAdd(scenario, name =>
        [.. Enumerable.Range(0, SeedsEach).Select(seed => new Schedule((ulong)seed, Scenario.Find(name)!).Run())]);
}
