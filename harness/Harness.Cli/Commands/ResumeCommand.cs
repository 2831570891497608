using System.CommandLine;
using Harness.Results.Claims;
using Harness.Statistics;

namespace Harness.Cli.Commands;

/// <summary><c>testbed resume</c>: makes the runs that a campaign did not come to.</summary>
internal static class ResumeCommand
{
    private const string Machine = "machine";
    private const string Version = "version";

    public static Command Create(Surroundings surroundings)
    {
        var folder = new Argument<string>("FOLDER") { Description = "The result folder of a campaign that was interrupted or broke off." };
        var allow = new Option<string[]>("--allow")
        {
            Description = "Goes on although this is no longer the same; the result then says so. Repeatable.",
            HelpName = $"{Machine}|{Version}",
            DefaultValueFactory = _ => [],
        };
        allow.AcceptOnlyFromAmong(Machine, Version);
        var data = SharedOptions.Data("Where the nodes keep their data while they run. [testbed in the temporary folder]");
        var command = new Command(
            "resume",
            "Goes on with a campaign that was cut off: the same seed, order and records, only the runs that are missing. Refuses when the experiment, "
            + "the machine or the code are no longer what they were. Runs that failed were made, and stay.")
        { folder, allow, data };
        command.SetAction(async (parsed, stop) =>
        {
            if (ClaimsFolder.IsOne(parsed.GetValue(folder)!))
                return await ClaimsJob.Resume(parsed.GetValue(folder)!, parsed.GetValue(allow)!, parsed.GetValue(data) ?? Checkout.Data, surroundings, stop);

            var results = CampaignResults.Open(parsed.GetValue(folder)!);
            if (results.Plan.Finished is not null)
            {
                surroundings.Out.WriteLine($"{results.Folder.Path} is whole: no run is missing");
                return ExitCode.Success;
            }

            var system = Checkout.Systems;
            var campaign = await PlanAgain.Prepare(results, system, stop);
            // Where results go is settled: where this one lies.
            var places = new CampaignPlaces(results.Folder.Path, parsed.GetValue(data) ?? Checkout.Data, KeepData: false);
            var result = await CampaignJob.Resume(campaign, results.Folder, parsed.GetValue(allow)!, system, places, surroundings, stop);
            return CampaignJob.Report(result, surroundings);
        });
        return command;
    }

    /// <exception cref="CommandException">Something differs that was not allowed to.</exception>
    public static void ThrowUnlessAllowed(string folder, IReadOnlyList<FolderDifference> differences, IReadOnlyList<string> allowed)
    {
        var refused = differences.Where(difference => !allowed.Contains(OptionOf(difference))).ToList();
        if (refused.Count == 0) return;

        var options = string.Join(' ', refused.Select(OptionOf).Distinct().Select(option => "--allow " + option));
        throw new CommandException(
            $"{string.Join('\n', refused)}\nNot resumed: runs of {folder} and those to come would not be comparable. {options} goes on nevertheless.");
    }

    // Settings of kernel and runtime are the machine's here: a plan's own cannot differ, it is the same plan.
    private static string OptionOf(FolderDifference difference) => difference.Kind == DifferenceKind.Version ? Version : Machine;
}
