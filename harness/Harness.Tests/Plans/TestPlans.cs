using Harness.Load;
using Harness.Plans;
using Harness.Results;
using Harness.Systems;

namespace Harness.Tests.Plans;

/// <summary>Small experiments and a system that resolves settings without a process.</summary>
internal static class TestPlans
{
    public static Plan Produce { get; } = new()
    {
        Cluster = new() { Nodes = 3, Replication = 3, MinInSync = 2 },
        Load = new ProduceLoad { Send = new ProduceSpec { RecordsPerSecond = 1000, RecordSize = "100B" } },
        Vary = [Axis.Strategy("flush", "os-cache", "every-batch"), Axis.Rate("1000", "5000", PlanSettings.Unlimited)],
        Schedule = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(9), Repeats: 4),
    };

    public static Plan Read { get; } = new()
    {
        Cluster = new() { Nodes = 1, Replication = 1, MinInSync = 1 },
        Load = new ReadLoad { FillBytes = 1 << 30 },
        Vary = [Axis.Load("pageCache", "hot", "cold")],
        Schedule = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), Repeats: 2),
    };

    public static Experiment Of(params Plan[] plans) => new Fixed(plans);

    public static Task<Campaign> Prepare(Experiment experiment, int seed = 7, params string[] overrides) =>
        Campaign.Prepare(experiment, overrides, seed, new ResolvingSystem(), CancellationToken.None);

    private sealed class Fixed(Plan[] plans) : Experiment
    {
        public override string Id => "T01";
        public override string Title => "Test";
        public override string Question => "Does it hold?";
        public override Expectation Expectation => new("It does.");
        public override IReadOnlyList<Plan> Plans => plans;
        public override IReadOnlyList<ChartRequest> Charts => [];
    }

    /// <summary>Adds a parameter to every strategy, as resolving does, and refuses one by name.</summary>
    internal sealed class ResolvingSystem : ISystemUnderTest
    {
        public int Checks { get; private set; }

        public string Name => "resolving";

        public Task<SettingsCheck> Check(ClusterPlan cluster, CancellationToken stop)
        {
            Checks++;
            var problems = cluster.Strategies.Where(s => s.Value == "nonsense").Select(s => $"there is no {s.Key} strategy 'nonsense'").ToList();
            var settings = cluster.Strategies.ToDictionary(s => s.Key, s => s.Value == "os-cache" ? s.Value : s.Value + "(filled=1)");
            return Task.FromResult(new SettingsCheck(problems.Count > 0 ? new Dictionary<string, string>() : settings, problems));
        }

        public Task<Node> StartNode(ClusterPlan cluster, NodePlace place, CancellationToken stop) =>
            throw new InvalidOperationException("nothing may be started here");
    }
}
