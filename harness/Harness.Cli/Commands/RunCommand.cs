using System.CommandLine;
using System.Globalization;
using Experiments;
using Harness.Plans;
using Harness.Results.Claims;

namespace Harness.Cli.Commands;

/// <summary><c>testbed run</c>: measures an experiment and writes its result.</summary>
internal static class RunCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var name = new Argument<string>("NAME") { Description = $"The experiment, as list names it; {ClaimsFolder.Name} for all that decide claims, one after the other." };
        var set = SharedOptions.SetPlan();
        var repeat = SharedOptions.Number("--repeat", 1, "Runs of each cell; the same as --set schedule.repeats=N.");
        var precision = SharedOptions.Text("--precision", "5%", "Repeats until every median is known so well, as with --set schedule.precision; needs a budget.");
        var sweep = SharedOptions.Text("--sweep", "100k,200k,1M",
            "Offered rates instead of the experiment's own, and a curve of latency over them; the same as --set sweep=RATES.");
        var budget = SharedOptions.Text("--budget", "10min", "How long repeating may go on, as with --set schedule.budget; what --repeat asks for is made anyway.");
        var profile = SharedOptions.Profile();
        var output = new Option<string?>("--out") { Description = "Where results go. [results in the checkout]", HelpName = "DIR" };
        var data = SharedOptions.Data("Where the nodes keep their data while they run. [testbed in the temporary folder]");
        var keepData = new Option<bool>("--keep-data") { Description = "Leaves the nodes' data when a run ends." };
        var seed = SharedOptions.Number("--seed", 0, "Decides order, records and arrivals. [random, and recorded]");
        var command = new Command("run", "Measures an experiment and writes its charts and report.")
        { name, profile, set, sweep, repeat, precision, budget, output, data, keepData, seed };
        command.SetAction(async (parsed, stop) =>
        {
            var overrides = parsed.GetValue(set)!.ToList();
            if (parsed.GetValue(profile) is { } named && named != Profile.Standard.Name) overrides.Insert(0, $"{Profile.Setting}={named}");
            if (parsed.GetValue(repeat) is { } repeats) overrides.Add(string.Create(CultureInfo.InvariantCulture, $"schedule.repeats={repeats}"));
            if (parsed.GetValue(sweep) is { } rates) overrides.Add($"{PlanSettings.Sweep}={rates}");
            if (parsed.GetValue(precision) is { } share) overrides.Add($"schedule.precision={share}");
            if (parsed.GetValue(budget) is { } time) overrides.Add($"schedule.budget={time}");
            if (parsed.GetValue(name) == ClaimsFolder.Name) return await RunClaims(parsed);

            var experiment = ExperimentCatalog.Find(parsed.GetValue(name)!);
            var system = Checkout.Systems;
            var campaign = await Campaign.Prepare(experiment, overrides, parsed.GetValue(seed) ?? Random.Shared.Next(1, 100_000), system, stop);
            var places = new CampaignPlaces(
                parsed.GetValue(output) ?? Checkout.Results, parsed.GetValue(data) ?? Checkout.Data, parsed.GetValue(keepData));
            var result = await CampaignJob.Measure(campaign, system, places, surroundings, stop);
            return CampaignJob.Report(result, surroundings);

            Task<int> RunClaims(ParseResult parsed)
            {
                if (parsed.GetValue(set)!.Length > 0 || parsed.GetValue(sweep) is not null || parsed.GetValue(keepData))
                    throw new CommandException($"{ClaimsFolder.Name} takes --profile, --repeat, --precision, --budget, --seed, --out and --data: settings of one experiment do not suit the others.");

                var places = new CampaignPlaces(parsed.GetValue(output) ?? Checkout.Results, parsed.GetValue(data) ?? Checkout.Data, KeepData: false);
                var deciding = ExperimentCatalog.All.Where(one => one.Claims.Count > 0).ToList();
                return ClaimsJob.Run(deciding, overrides, parsed.GetValue(seed) ?? Random.Shared.Next(1, 100_000), places, surroundings, stop);
            }
        });
        return command;
    }
}
