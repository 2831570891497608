using System.CommandLine;
using System.Globalization;
using Harness.Plans;

namespace Harness.Cli.Commands;

/// <summary>Options that several commands take.</summary>
internal static class SharedOptions
{
    /// <summary>Overrides of a plan's settings, with all of them in the help text.</summary>
    public static Option<string[]> SetPlan() => Set(
        "Changes a setting of the plan; an axis that varies it is narrowed to the value. Repeatable:\n"
        + string.Join('\n', PlanSettings.All.Select(setting => $"{setting.Name,-22} {setting.Summary}")));

    public static Option<string[]> Set(string description) => new("--set") { Description = description, HelpName = "key=value", DefaultValueFactory = _ => [] };

    public static Option<string?> Data(string description) => new("--data") { Description = description, HelpName = "DIR" };

    /// <summary>How much time experiments are given.</summary>
    public static Option<string?> Profile()
    {
        var option = new Option<string?>("--profile")
        {
            Description = "How much time it is given. " + string.Join(". ", Plans.Profile.All.Select(profile => $"{profile.Name}: {profile.Summary}")) + ". [standard]",
            HelpName = string.Join('|', Plans.Profile.All.Select(profile => profile.Name)),
        };
        option.AcceptOnlyFromAmong([.. Plans.Profile.All.Select(profile => profile.Name)]);
        return option;
    }

    /// <summary>Any text; null when it is not given.</summary>
    public static Option<string?> Text(string name, string example, string description) => new(name) { Description = description, HelpName = example };

    /// <summary>A whole number of at least <paramref name="min"/>; null when it is not given.</summary>
    public static Option<int?> Number(string name, int min, string description) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min) return number;

            result.AddError($"{name} {text}: give a whole number of at least {min}.");
            return null;
        },
    };
}
