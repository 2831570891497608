using Experiments;
using Harness.Plans;
using Harness.Results;
using Harness.Runs;
using Harness.Statistics;
using Harness.Systems;

namespace Harness.Cli;

/// <summary>The campaign of a result once more, spelt out from its experiment, overrides and seed.</summary>
internal static class PlanAgain
{
    /// <exception cref="CommandException">The experiment is no longer what the folder holds, or the folder does not say enough.</exception>
    public static async Task<Campaign> Prepare(CampaignResults bases, ISystemUnderTest system, CancellationToken stop)
    {
        var plan = bases.Plan;
        if (plan.Overrides is not { } overrides)
            throw new CommandException(
                $"{bases.Folder.Path} was written before overrides were kept in plan.json: measure it anew with '{plan.Command}', then compare the two.");

        if (plan.Saturation is not null)
            throw new CommandException(
                $"{bases.Folder.Path} is a search, whose runs follow from each other: repeat it with '{plan.Command}', then see what each found.");

        var campaign = await Campaign.Prepare(ExperimentCatalog.Find(plan.Experiment), overrides, plan.Seed, system, stop);
        var changes = PlanChanges.Between(plan, CampaignFacts.Describe(campaign, bases.Machine, Path.GetTempPath(), plan.Command)).ToList();
        return changes.Count == 0 ? campaign
            : throw new CommandException(
                $"{plan.Experiment} is no longer the plan of {bases.Folder.Path}; check out commit {bases.Machine.GitSha} to measure it:\n"
                + string.Join('\n', changes));
    }
}
