using System.CommandLine;
using Harness.Cli.Progress;
using Harness.Results;
using Harness.Statistics;

namespace Harness.Cli.Commands;

/// <summary><c>testbed replay</c>: measures what a result measured once more, and says whether it came out again.</summary>
internal static class ReplayCommand
{
    private const string FileName = "replay.json";

    public static Command Create(Surroundings surroundings)
    {
        var folder = new Argument<string>("FOLDER") { Description = "The result folder whose plan is repeated, with its seed." };
        var metric = ComparisonOptions.Metric();
        var threshold = ComparisonOptions.Threshold();
        var confidence = ComparisonOptions.Confidence();
        var output = new Option<string?>("--out") { Description = "Where results go. [results in the checkout]", HelpName = "DIR" };
        var data = SharedOptions.Data("Where the nodes keep their data while they run. [testbed in the temporary folder]");
        var command = new Command(
            "replay",
            "Repeats the plan of a result and compares. Exits with 0 when it was reproduced, 1 when it was not, 3 when more repeats are needed to tell; "
            + $"the comparison is in {FileName} of the new result.")
        { folder, metric, threshold, confidence, output, data };
        command.SetAction(async (parsed, stop) =>
        {
            var rule = new ComparisonRule { Threshold = parsed.GetValue(threshold), Confidence = parsed.GetValue(confidence) };
            var metrics = ComparisonOptions.Metrics(parsed.GetValue(metric)!);
            var bases = CampaignResults.Open(parsed.GetValue(folder)!);
            var system = Checkout.Systems;
            var campaign = await PlanAgain.Prepare(bases, system, stop);
            var places = new CampaignPlaces(parsed.GetValue(output) ?? Checkout.Results, parsed.GetValue(data) ?? Checkout.Data, KeepData: false);
            var result = await CampaignJob.Measure(campaign, system, places, surroundings, stop);
            var measured = CampaignJob.Report(result, surroundings);
            return result.Interrupted ? measured : Compare(bases, CampaignResults.Of(result.Folder), metrics, rule, surroundings);
        });
        return command;
    }

    private static int Compare(
        CampaignResults bases, CampaignResults these, IReadOnlyList<Metric>? metrics, ComparisonRule rule, Surroundings surroundings)
    {
        var comparison = FolderComparison.Of(bases, these, metrics, rule);
        these.Folder.WriteText(FileName, ResultFolder.ToJson(FolderSummary.Of(comparison, bases.Folder.Path)));
        ComparisonTable.Write(surroundings, comparison, bases, these);
        surroundings.Out.WriteLine(comparison.Reproduced switch
        {
            FolderVerdict.Passed => "reproduced: nothing differs by what matters",
            FolderVerdict.Failed => "not reproduced: something surely differs, see above",
            _ => "undecided: nothing surely differs, but not everything could be told; more repeats decide",
        });
        return ComparisonOptions.ExitCodeOf(comparison.Reproduced);
    }
}
