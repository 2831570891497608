using Engine.Core.Strategies;

namespace Harness.Plans;

/// <summary>How much time an experiment is given: a look, what its plan says, or as long as its intervals need.</summary>
/// <remarks>It is the first of a campaign's overrides, as <c>profile=quick</c>, so that whoever measures the campaign again has it too; what else is
/// overridden changes what it gives.</remarks>
public sealed class Profile
{
    /// <summary>The name of the override.</summary>
    public const string Setting = "profile";

    /// <summary>Minutes, for a first look: see <see cref="QuickLook"/>.</summary>
    public static readonly Profile Quick = new(
        "quick", "minutes: short measures, two repeats, and of large experiments only the cells that decide; intervals are wide", experiment => experiment.Quick.Of(experiment.Plans));

    /// <summary>The plan as it is written.</summary>
    public static readonly Profile Standard = new("standard", "the plan as it is written", experiment => experiment.Plans);

    /// <summary>For figures that are to be quoted.</summary>
    public static readonly Profile Publish = new(
        "publish",
        $"repeats until each median is known to {PublishPrecision * 100:0} %, six at least, for up to {Quantity.Format(PublishBudget)} an experiment",
        experiment => [.. experiment.Plans.Select(plan => plan with { Schedule = ToPublish(plan.Schedule) })]);

    private const double PublishPrecision = 0.05;

    /// <summary>From six pairs on intervals need no assumption about how runs are distributed.</summary>
    private const int PublishRepeats = 6;

    private readonly Func<Experiment, IReadOnlyList<Plan>> _plansOf;

    private Profile(string name, string summary, Func<Experiment, IReadOnlyList<Plan>> plansOf) => (Name, Summary, _plansOf) = (name, summary, plansOf);

    private static TimeSpan PublishBudget => TimeSpan.FromHours(1);

    public static IReadOnlyList<Profile> All => [Quick, Standard, Publish];

    public string Name { get; }

    /// <summary>What it gives, for help and messages.</summary>
    public string Summary { get; }

    /// <summary>The profile that these overrides name; <see cref="Standard"/> when they name none.</summary>
    /// <exception cref="PlanException">There is no such profile, or they name two.</exception>
    public static Profile Of(IEnumerable<string> overrides)
    {
        var named = overrides.Select(PlanSettings.Split).Where(assignment => assignment.Name == Setting).Select(assignment => assignment.Text).Distinct().ToList();
        return named switch
        {
            [] => Standard,
            [var name] => All.FirstOrDefault(profile => profile.Name == name)
                ?? throw new PlanException($"there is no profile '{name}': choose {string.Join(", ", All.Select(profile => profile.Name))}."),
            _ => throw new PlanException($"profiles {string.Join(" and ", named)}: name one."),
        };
    }

    /// <summary>An experiment's plans under the profile that the overrides name, with all that they change besides.</summary>
    /// <exception cref="PlanException">An override is wrong.</exception>
    public static IReadOnlyList<Plan> PlansOf(Experiment experiment, IReadOnlyList<string> overrides) => overrides
        .Where(assignment => PlanSettings.Split(assignment).Name != Setting)
        .Aggregate(Of(overrides)._plansOf(experiment), PlanSettings.Override);

    /// <summary>What a reader of an experiment's result must know of it, a sentence each.</summary>
    internal IEnumerable<string> Caveats(Experiment experiment)
    {
        if (this != Quick) yield break;

        yield return "Profile quick: a first look. Runs are short and few, intervals wide, and what differs by little may not differ at all.";
        if (experiment.Quick.LeftOut(experiment.Plans) is { Count: > 0 } leftOut) yield return $"Left out by profile quick: {string.Join("; ", leftOut)}.";
    }

    private static Schedule ToPublish(Schedule schedule) => schedule with
    {
        Repeats = Math.Max(schedule.Repeats, PublishRepeats),
        Precision = schedule.Precision ?? PublishPrecision,
        Budget = schedule.Budget ?? PublishBudget,
    };
}
