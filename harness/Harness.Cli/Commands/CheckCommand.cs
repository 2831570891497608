using System.CommandLine;
using Experiments;
using Harness.Measures;
using Harness.Plans;
using Harness.Systems;
using Harness.Systems.Kafka;

namespace Harness.Cli.Commands;

/// <summary><c>testbed check</c>: resolves everything a run would use, starting no node and touching no folder.</summary>
internal static class CheckCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var name = new Argument<string?>("NAME") { Description = "The experiment; all of them when left out.", Arity = ArgumentArity.ZeroOrOne };
        var set = SharedOptions.Set("Changes a setting of the plan, as for run. Repeatable.");
        var data = SharedOptions.Data("Where the nodes' data would go.");
        var command = new Command("check", "Resolves every strategy and setting of an experiment without starting a node.") { name, set, data };
        command.SetAction(async (parsed, stop) =>
        {
            var experiments = parsed.GetValue(name) is { } one ? [ExperimentCatalog.Find(one)] : ExperimentCatalog.All;
            var system = Checkout.Systems;
            foreach (var experiment in experiments)
                await Check(experiment, parsed.GetValue(set)!, parsed.GetValue(data) ?? Checkout.Data, system, surroundings, stop);
            return ExitCode.Success;
        });
        return command;
    }

    private static async Task Check(
        Experiment experiment, string[] overrides, string dataFolder, ISystemUnderTest system, Surroundings surroundings, CancellationToken stop)
    {
        var campaign = await Campaign.Prepare(experiment, overrides, seed: 1, system, stop);
        var problems = campaign.DiskProblems(dataFolder, DataVolume.FreeBytes(dataFolder), keepData: false);
        if (problems.Count > 0) throw new PlanException(string.Join('\n', problems));

        surroundings.Out.WriteLine($"{experiment.Id}: {experiment.Title}");
        foreach (var cell in campaign.Cells) surroundings.Out.WriteLine($"  {cell.Facts.Id}: {cell.Facts.Label}; {Describe(cell)}; {cell.Disk.Reason}");
        foreach (var missing in campaign.Cells.Where(cell => cell.Load is BrokerLoad).Select(cell => system.WhatIsMissing(cell.Cluster)).OfType<string>().Distinct())
            surroundings.Out.WriteLine($"  {missing} Its cells would be skipped.");
        var usesTools = campaign.Cells.Any(cell => cell.Load is ProduceLoad { Generator: LoadGenerator.KafkaTools });
        if (usesTools && new KafkaTools().WhatIsMissing() is { } tools)
            surroundings.Out.WriteLine($"  {tools} Their cells would fail.");
        surroundings.Out.WriteLine($"  {campaign.Cells.Count} cells, {campaign.Runs.Count} runs, about {campaign.ExpectedTime:h\\:mm\\:ss}");
    }

    private static string Describe(Cell cell) => cell.Load is BrokerLoad ? DescribeCluster(cell.Cluster) : "no broker";

    private static string DescribeCluster(ClusterPlan cluster) =>
        string.Join(", ", cluster.Strategies.Select(s => $"{s.Key} {s.Value}").Prepend($"{cluster.Nodes} nodes, RF {cluster.Replication}"));
}
