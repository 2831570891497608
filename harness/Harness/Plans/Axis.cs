using System.Globalization;

namespace Harness.Plans;

/// <summary>One thing that a plan varies: a setting and the values it takes.</summary>
/// <param name="Name">What results and charts call it.</param>
/// <param name="Setting">The plan's setting by its dotted name, see <see cref="PlanSettings"/>.</param>
/// <param name="Values">The values as <c>--set</c> would write them.</param>
/// <param name="Unit">The unit of numbers; null for names.</param>
public sealed record Axis(string Name, string Setting, IReadOnlyList<string> Values, string? Unit = null)
{
    /// <summary>What the axis of <see cref="Rate"/> is called.</summary>
    public const string RateName = "rate";

    /// <summary>What a value is called on charts where its text, a script of faults, says how and not what; others show their text.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Varies the strategy of one seam.</summary>
    public static Axis Strategy(string seam, params string[] specs) => new(seam, seam, specs);

    /// <summary>Varies the kind of broker: <c>testbed</c>, <c>kafka</c>, <c>kafka(tuned)</c>.</summary>
    public static Axis Systems(params string[] names) => new("system", "system", names);

    /// <summary>Varies any setting by its dotted name under a shorter one: <c>cluster.memoryLimit</c>, <c>env.DOTNET_gcServer</c>.</summary>
    public static Axis Any(string name, string setting, params string[] values) => new(name, setting, values);

    /// <summary>Varies any setting by values that have names of their own.</summary>
    public static Axis Named(string name, string setting, params (string Value, string Label)[] values) =>
        new(name, setting, [.. values.Select(value => value.Value)]) { Labels = values.ToDictionary(value => value.Value, value => value.Label) };

    /// <summary>Varies what goes wrong: <c>none</c>, <c>kill(leader, at=5s)</c>, steps joined by semicolons.</summary>
    public static Axis Faults(params string[] faults) => new("fault", "faults", faults);

    /// <summary>Varies the offered records per second; <see cref="PlanSettings.Unlimited"/> closes the loop.</summary>
    public static Axis Rate(params string[] recordsPerSecond) => new(RateName, PlanSettings.RateSetting, recordsPerSecond, "records/s");

    /// <summary>Varies a number of the load, by its name in the plan: <c>consumers</c>, <c>connections</c>, <c>partitions</c>.</summary>
    public static Axis Load(string name, params int[] values) =>
        new(name, "load." + name, [.. values.Select(value => value.ToString(CultureInfo.InvariantCulture))], "");

    /// <summary>Varies a part of a file workload, by its name in the plan: <c>api</c>, <c>blockBytes</c>, <c>cache</c>.</summary>
    public static Axis Files(string name, params string[] values) => new(name, "files." + name, values);

    /// <summary>Varies a word or quantity of the load, by its name in the plan: <c>pageCache</c>, <c>linger</c>, <c>batchBytes</c>.</summary>
    public static Axis Load(string name, params string[] values) => new(name, "load." + name, values);
}
