using System.CommandLine;
using System.CommandLine.Parsing;
using Engine.Core.Strategies;
using Experiments;
using Harness.Plans;
using Harness.Results;
using Harness.Runs;
using Harness.Runs.Saturating;
using Harness.Statistics;

namespace Harness.Cli.Commands;

/// <summary><c>testbed saturate</c>: the highest offered rate that meets a latency, found and confirmed.</summary>
internal static class SaturateCommand
{
    private const int Tries = 3;

    public static Command Create(Surroundings surroundings)
    {
        var name = new Argument<string>("NAME") { Description = "The experiment whose cluster and load are searched; its own rates are left out." };
        var target = new Option<LatencyTarget?>("--target")
        {
            Description = "The latency that has to be met.",
            HelpName = "\"p99 <= 10ms\"",
            Required = true,
            CustomParser = result => Parse(result, "--target", LatencyTarget.Parse),
        };
        var set = SharedOptions.SetPlan();
        var from = Rate("--from", "The rate to begin with. [the lowest that the plan names]");
        var to = Rate("--to", "No rate above this is tried.");
        var precision = new Option<double?>("--precision")
        {
            Description = "How close the lowest rate that misses comes to the highest that meets it. [5%]",
            HelpName = "5%",
            CustomParser = result => Parse(
                result, "--precision", text => Share.Parse(text) ?? throw new FormatException("write a percentage above 0, such as 5%")),
        };
        var repeat = SharedOptions.Number("--repeat", 1, "Runs that confirm the rate found, an odd number. [3]");
        var budget = new Option<TimeSpan?>("--budget")
        {
            Description = "No run begins that would end later; what is found by then is not confirmed. [none]",
            HelpName = "30min",
            CustomParser = result => Parse(
                result, "--budget", text => Quantity.ParseDuration(text) ?? throw new FormatException("write a duration with its unit, such as 30min")),
        };
        var output = new Option<string?>("--out") { Description = "Where results go. [results in the checkout]", HelpName = "DIR" };
        var data = SharedOptions.Data("Where the nodes keep their data while they run. [testbed in the temporary folder]");
        var seed = SharedOptions.Number("--seed", 0, "Decides order, records and arrivals. [random, and recorded]");
        var command = new Command(
            "saturate",
            "Searches for the highest offered rate that meets a latency: doubles, halves the distance, then confirms both ends by repeats. "
            + "Exits with 0 when one was found and confirmed, 1 when none meets it, 3 when it was not confirmed.")
        { name, target, set, from, to, precision, repeat, budget, output, data, seed };
        command.SetAction(async (parsed, stop) =>
        {
            var confirmations = parsed.GetValue(repeat) ?? Tries;
            if (confirmations % 2 == 0)
                throw new CommandException($"--repeat {confirmations}: an even number of runs could come out even; choose {confirmations + 1}.");

            var overrides = parsed.GetValue(set)!;
            var experiment = ExperimentCatalog.Find(parsed.GetValue(name)!);
            var rule = new RateSearchRule(parsed.GetValue(from) ?? SaturationSearch.StartOf(experiment, overrides)) { Confirmations = confirmations };
            rule = rule with { Precision = parsed.GetValue(precision) ?? rule.Precision, RateMax = parsed.GetValue(to) ?? rule.RateMax };
            var system = Checkout.Systems;
            var search = await SaturationSearch.Prepare(
                experiment, overrides, parsed.GetValue(seed) ?? Random.Shared.Next(1, 100_000), system, parsed.GetValue(target)!,
                rule, parsed.GetValue(budget), stop);
            var places = new CampaignPlaces(parsed.GetValue(output) ?? Checkout.Results, parsed.GetValue(data) ?? Checkout.Data, KeepData: false);
            var options = command.Options.Where(option => option != set && option != seed && option != output && option != data)
                .Select(option => parsed.GetResult(option)).OfType<OptionResult>().Where(option => option.Tokens.Count > 0)
                .Select(option => $"{option.Option.Name} \"{option.Tokens[0].Value}\"");
            var text = CampaignJob.CommandLine($"saturate {parsed.GetValue(name)}", overrides, search.First.Seed, options);
            var result = await CampaignJob.Saturate(search, text, system, places, surroundings, stop);
            return Report(result, surroundings);
        });
        return command;
    }

    private static int Report(CampaignResult result, Surroundings surroundings)
    {
        CampaignJob.Report(result, surroundings);
        var plan = result.Folder.Plan;
        var found = plan.Saturation!.Found;
        foreach (var one in found) surroundings.Out.WriteLine(plan.InWords(one));

        return result.Interrupted ? ExitCode.Interrupted
            : found.Any(one => one.RecordsPerSecond is null) ? ExitCode.Failed
            : found.All(one => one.IsConfirmed) ? ExitCode.Success
            : ExitCode.Undecided;
    }

    private static Option<double?> Rate(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "100k",
        CustomParser = result => Parse(
            result, name, text => Rates.Parse(text) ?? throw new FormatException("write a number of records a second above 0, such as 100k or 1.5M")),
    };

    private static T? Parse<T>(ArgumentResult result, string name, Func<string, T> parse)
    {
        var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        try
        {
            return parse(text);
        }
        catch (FormatException error)
        {
            result.AddError($"{name} {text}: {error.Message}.");
            return default;
        }
    }
}
