using Harness.Results;

namespace Harness.Plans;

/// <summary>What <see cref="Profile.Quick"/> measures of an experiment: chosen by the experiment, as only it knows what it can do without.</summary>
public sealed record QuickLook
{
    /// <summary>The longest warm-up of a run.</summary>
    public TimeSpan Warmup { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest measured time of a run. Plans with faults keep theirs, as the faults' moments are in it.</summary>
    public TimeSpan Measure { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The most repeats.</summary>
    public int Repeats { get; init; } = 2;

    /// <summary>The values that are kept of some axes, as <see cref="CellSelector"/> matches them; <see cref="Plan.PartAxis"/> names parts. Axes not
    /// named, and those of a plan that has none of the values, keep all.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Keep { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>A quick look at some values of some axes.</summary>
    public static QuickLook At(params (string Axis, string[] Values)[] keep) =>
        new() { Keep = keep.ToDictionary(axis => axis.Axis, axis => (IReadOnlyList<string>)axis.Values) };

    /// <summary>The plans as the quick look takes them.</summary>
    public IReadOnlyList<Plan> Of(IReadOnlyList<Plan> plans) => [.. plans.Where(IsKept).Select(plan => plan with
    {
        Vary = [.. plan.Vary.Select(Narrowed)],
        Schedule = Shortened(plan),
    })];

    /// <summary>What of the plans it leaves out, in words; empty when it leaves nothing out.</summary>
    public IReadOnlyList<string> LeftOut(IReadOnlyList<Plan> plans) =>
    [
        .. plans.Where(plan => !IsKept(plan)).Select(plan => plan.Part),
        .. plans.Where(IsKept).SelectMany(plan => plan.Vary.Select(axis => (axis.Name, Values: axis.Values.Except(Narrowed(axis).Values).Select(value => axis.Labels.GetValueOrDefault(value, value)).ToList())))
            .Where(axis => axis.Values.Count > 0).GroupBy(axis => axis.Name)
            .Select(axis => $"{axis.Key} {string.Join(", ", axis.SelectMany(values => values.Values).Distinct())}"),
    ];

    private bool IsKept(Plan plan) => !Keep.TryGetValue(Plan.PartAxis, out var parts) || parts.Any(part => CellSelector.Matches(part, plan.Part));

    private Axis Narrowed(Axis axis) => Keep.TryGetValue(axis.Name, out var kept) && axis.Values.Where(value => kept.Any(one => CellSelector.Matches(one, value))).ToList() is { Count: > 0 } values
        ? axis with { Values = values }
        : axis;

    private Schedule Shortened(Plan plan)
    {
        var (schedule, hasFaults) = (plan.Schedule, !plan.Faults.IsEmpty || plan.Vary.Any(axis => axis.Setting == "faults"));
        return schedule with
        {
            Warmup = Shorter(schedule.Warmup, Warmup),
            Measure = hasFaults ? schedule.Measure : Shorter(schedule.Measure, Measure),
            Repeats = Math.Min(schedule.Repeats, Repeats),
        };
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
