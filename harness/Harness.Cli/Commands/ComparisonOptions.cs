using System.CommandLine;
using Harness.Plans;
using Harness.Results;
using Harness.Statistics;

namespace Harness.Cli.Commands;

/// <summary>What commands that compare results have in common.</summary>
internal static class ComparisonOptions
{
    public static Option<string[]> Metric() => new("--metric")
    {
        Description = $"What is compared: {string.Join(", ", Results.Metric.All.Select(metric => metric.Name))}. Repeatable. [what the plan's checks and charts are about]",
        HelpName = "NAME",
        DefaultValueFactory = _ => [],
    };

    public static Option<double> Threshold() => Percent("--threshold", 5, 100, "The difference that matters; what is surely less counts as none.");

    public static Option<double> Confidence() => Percent("--confidence", 95, 99.99, "How often an interval made like these holds the true difference.");

    /// <summary>Null for none named.</summary>
    /// <exception cref="ResultException">There is no such metric.</exception>
    public static IReadOnlyList<Metric>? Metrics(string[] names) => names.Length == 0 ? null : [.. names.Select(Results.Metric.Find)];

    public static int ExitCodeOf(FolderVerdict verdict) => verdict switch
    {
        FolderVerdict.Passed => ExitCode.Success,
        FolderVerdict.Failed => ExitCode.Failed,
        _ => ExitCode.Undecided,
    };

    private static Option<double> Percent(string name, double usual, double max, string description) => new(name)
    {
        Description = FormattableString.Invariant($"{description} [{usual}%]"),
        HelpName = "P%",
        DefaultValueFactory = _ => usual / 100,
        CustomParser = result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            if (Share.Parse(text) is { } share && share <= max / 100) return share;

            result.AddError(FormattableString.Invariant($"{name} {text}: give a percentage above 0 and at most {max}%, such as {usual}%."));
            return usual / 100;
        },
    };
}
