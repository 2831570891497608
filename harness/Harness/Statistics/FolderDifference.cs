using Harness.Results;

namespace Harness.Statistics;

/// <summary>What two results may differ in beside their figures.</summary>
public enum DifferenceKind
{
    /// <summary>When an acknowledged record survives what: never ranked across unless asked for.</summary>
    Durability,

    /// <summary>Where it was measured: absolute figures do not carry over.</summary>
    Machine,

    /// <summary>Which code: mostly what is to be compared.</summary>
    Version,

    /// <summary>What was asked of it, or how it was set.</summary>
    Setting,

    /// <summary>Whether what was planned was measured.</summary>
    Completeness,
}

/// <summary>Something in which two results differ beside their figures.</summary>
/// <param name="Kind">What sort.</param>
/// <param name="What">The fact.</param>
/// <param name="Base">In the base.</param>
/// <param name="These">In what is compared with it.</param>
public sealed record FolderDifference(DifferenceKind Kind, string What, string Base, string These)
{
    /// <summary>Whether figures across it mislead, so that somebody has to ask for them.</summary>
    public bool Refuses => Kind is DifferenceKind.Durability or DifferenceKind.Machine;

    /// <summary>The kind as options and texts write it.</summary>
    internal string KindName => Kind.ToString().ToLowerInvariant();

    public override string ToString() => $"{KindName}: {What}: {Base} in the base, {These} here";

    internal static IEnumerable<FolderDifference> Of(CampaignResults bases, CampaignResults these, IReadOnlyList<CellPair> pairs) =>
        OfMachines(bases.Machine, these.Machine)
            .Concat(OfVersions(bases, these))
            .Concat(pairs.SelectMany(pair => Differ(DifferenceKind.Durability, pair.Base.Label, DurabilityOf(pair.Base), DurabilityOf(pair.These))))
            .Concat(OfSettings(bases, these, pairs))
            .Concat(OfCompleteness(bases, these, pairs));

    /// <summary>In what two places of measuring differ: machine, its settings, and the code.</summary>
    public static IEnumerable<FolderDifference> Of(MachineFacts bases, MachineFacts these) => OfMachines(bases, these).Concat(OfCommits(bases, these));

    private static IEnumerable<FolderDifference> OfMachines(MachineFacts bases, MachineFacts these)
    {
        (string Name, Func<MachineFacts, string> Of)[] facts =
        [
            ("CPU", machine => machine.CpuModel), ("cores", machine => $"{machine.Cores}"),
            ("memory", machine => FormattableString.Invariant($"{machine.MemoryBytes / (1 << 20):N0} MiB")), ("kernel", machine => machine.Kernel),
            ("virtualization", machine => machine.Virtualization ?? "unknown"), ("filesystem", machine => machine.Filesystem),
            ("mount options", machine => machine.MountOptions), ("data device", machine => machine.DataDevice ?? "unknown"),
            ("runtime", machine => machine.Runtime),
            ("hosts", machine => machine.Hosts.Count == 0 ? "none" : string.Join("; ", machine.Hosts.Select(host => $"{host.Name}: {host.Summary()}"))),
        ];
        return facts.SelectMany(fact => Differ(DifferenceKind.Machine, fact.Name, fact.Of(bases), fact.Of(these)))
            .Concat(Differ(DifferenceKind.Setting, bases.RuntimeSettings, these.RuntimeSettings))
            .Concat(Differ(DifferenceKind.Setting, bases.KernelSettings, these.KernelSettings));
    }

    private static IEnumerable<FolderDifference> OfVersions(CampaignResults bases, CampaignResults these) => OfCommits(bases.Machine, these.Machine)
        .Concat(Differ(DifferenceKind.Version, "system", Texts(bases.Runs, run => run.System), Texts(these.Runs, run => run.System)));

    private static IEnumerable<FolderDifference> OfCommits(MachineFacts bases, MachineFacts these) =>
        Differ(DifferenceKind.Version, "commit", Commit(bases), Commit(these))
            .Concat(bases.GitDirty && these.GitDirty && bases.GitSha == these.GitSha
                ? [new FolderDifference(DifferenceKind.Version, "changes that are in no commit", "some", "maybe others")]
                : []);

    private static string Commit(MachineFacts machine) =>
        (machine.GitSha.Length == 0 ? "none" : machine.GitSha[..Math.Min(10, machine.GitSha.Length)]) + (machine.GitDirty ? " with changes" : "");

    private static IEnumerable<FolderDifference> OfSettings(CampaignResults bases, CampaignResults these, IReadOnlyList<CellPair> pairs) =>
        Differ(DifferenceKind.Setting, bases.Plan.Cluster, these.Plan.Cluster)
            .Concat(Differ(DifferenceKind.Setting, WithoutTime(bases.Plan.Load), WithoutTime(these.Plan.Load)))
            .Concat(Differ(DifferenceKind.Setting, "profile", bases.Plan.Profile ?? "standard", these.Plan.Profile ?? "standard"))
            .Concat(Differ(DifferenceKind.Setting, "warm-up and measured time", Times(bases.Plan.Schedule), Times(these.Plan.Schedule)))
            .Concat(pairs.SelectMany(pair =>
                Differ(DifferenceKind.Setting, SettingsOf(bases.Plan, pair.Base), SettingsOf(these.Plan, pair.These))))
            .Distinct();

    private static IEnumerable<FolderDifference> OfCompleteness(CampaignResults bases, CampaignResults these, IReadOnlyList<CellPair> pairs) =>
        Differ(DifferenceKind.Completeness, "the campaign", Ended(bases.Plan), Ended(these.Plan))
            .Concat(pairs.SelectMany(pair =>
                Differ(DifferenceKind.Completeness, $"unsound runs of {pair.Base.Label}", Unsound(pair.Base), Unsound(pair.These))));

    private static string DurabilityOf(CellResults cell) => Texts(cell.Runs, run => run.Durability);

    private static string Ended(ResultPlan plan) => plan.Finished is null ? "was cut off" : "is whole";

    private static string Unsound(CellResults cell) =>
        cell.SoundRuns.Count == cell.Runs.Count ? "none" : $"{cell.Runs.Count - cell.SoundRuns.Count} of {cell.Runs.Count}";

    private static string Times(ScheduleFacts schedule) => FormattableString.Invariant($"{schedule.WarmupSeconds:0.###} s and {schedule.MeasureSeconds:0.###} s");

    // Number of repeats among it, which is no setting of what was measured.
    private static Dictionary<string, string> WithoutTime(IReadOnlyDictionary<string, string> load) =>
        load.Where(fact => fact.Key != "time" && !fact.Key.EndsWith(": time", StringComparison.Ordinal))
            .ToDictionary(fact => fact.Key, fact => fact.Value);

    private static IReadOnlyDictionary<string, string> SettingsOf(ResultPlan plan, CellResults cell) =>
        plan.Nodes.FirstOrDefault(node => node.Cell == cell.Facts.Id)?.Settings ?? new Dictionary<string, string>();

    private static string Texts(IEnumerable<RunRow> runs, Func<RunRow, string> of) =>
        string.Join(" or ", runs.Select(of).Distinct().Order(StringComparer.Ordinal).DefaultIfEmpty("nothing measured"));

    private static IEnumerable<FolderDifference> Differ(
        DifferenceKind kind, IReadOnlyDictionary<string, string> bases, IReadOnlyDictionary<string, string> these) =>
        bases.Count == 0 || these.Count == 0
            ? []
            : bases.Keys.Union(these.Keys)
                .SelectMany(name => Differ(kind, name, bases.GetValueOrDefault(name, "not told"), these.GetValueOrDefault(name, "not told")));

    private static IEnumerable<FolderDifference> Differ(DifferenceKind kind, string what, string bases, string these) =>
        bases == these ? [] : [new FolderDifference(kind, what, bases, these)];
}
