using Harness.Plans;

namespace Experiments;

/// <summary>Every experiment there is; a new one is a file and a line here.</summary>
public static class ExperimentCatalog
{
    public static IReadOnlyList<Experiment> All { get; } =
    [
        new Quick(), new ReadPath(), new FlushPolicy(), new RoadToOneMillion(), new RandomAccess(), new MemoryBandwidth(), new WritePaths(), new Readahead(),
        new AppendLimit(), new MemoryTraffic(), new FetchSize(), new ColdReader(), new PageCacheSize(), new Restart(), new HeapCache(), new Retention(), new BatchChecks(),
        new InMemory(), new Failover(), new AcksUnderFaults(), new LossWindow(), new RoundTrip(), new FaultMatrix(), new SlowFollower(), new PullOrPush(), new SideBySide(), new SameOrNot(),
        new Batching(), new Linger(), new LateConsumer(), new MillionByWhat(), new SubMillisecond(), new Tls(), new ManyPartitions(), new Generator(),
    ];

    /// <exception cref="PlanException">There is no such experiment; the message lists what there is.</exception>
    public static Experiment Find(string name) =>
        All.FirstOrDefault(experiment => string.Equals(experiment.Id, name, StringComparison.OrdinalIgnoreCase)) ?? throw new PlanException(
            $"there is no experiment '{name}': choose {string.Join(", ", All.Select(experiment => experiment.Id))}.");
}
