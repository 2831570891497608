using System.Globalization;
using Harness.Plans;
using Harness.Results;
using Harness.Statistics;

namespace Harness.Charts;

/// <summary>What must stand below every chart: durability, encryption and repeats; and what it takes along where it travels without its page.</summary>
internal static class ChartCaption
{
    private const int DurabilitiesMax = 4;

    public static IEnumerable<string> Of(CampaignResults campaign, IReadOnlyList<CellResults> cells, ChartKind kind)
    {
        var runs = cells.SelectMany(cell => cell.Runs).ToList();
        yield return Durability(runs);
        if (Encryption(runs) is { } encryption) yield return $"Encryption: {encryption}.";
        yield return Repeats(campaign.Plan, cells, runs, kind);
    }

    /// <summary>Machine, experiment, commit and whatever a reader must know to judge the numbers.</summary>
    public static IEnumerable<string> SmallPrint(CampaignResults campaign, IReadOnlyList<CellResults> cells) =>
        campaign.Plan.Caveats.Prepend(Origin(campaign, cells.SelectMany(cell => cell.Runs)));

    private static string Durability(List<RunRow> runs)
    {
        var levels = runs.Select(run => run.Durability).Distinct().ToList();
        return levels.Count switch
        {
            0 => "Durability: nothing was measured.",
            1 => $"Durability: {levels[0]}.",
            _ => $"Durability differs, so this is no ranking: {string.Join("; ", levels.Take(DurabilitiesMax))}"
                + (levels.Count > DurabilitiesMax ? $" and {levels.Count - DurabilitiesMax} more." : "."),
        };
    }

    /// <summary>How clients' connections were protected, in words; null where none was.</summary>
    public static string? Encryption(IEnumerable<RunRow> runs)
    {
        var levels = runs.Select(run => run.Security).Distinct().Order(StringComparer.Ordinal).ToList();
        return levels.All(level => level.Length == 0) ? null
            : $"clients {string.Join(" or ", levels.Select(level => level.Length == 0 ? "plaintext" : level))}, brokers among themselves plaintext";
    }

    private static string Repeats(ResultPlan plan, IReadOnlyList<CellResults> cells, List<RunRow> runs, ChartKind kind)
    {
        var counts = cells.Select(cell => cell.SoundRuns.Count).Where(count => count > 0).Distinct().Order().ToList();
        var repeats = counts.Count == 0 ? "0" : counts[0] == counts[^1] ? $"{counts[0]}" : $"{counts[0]} to {counts[^1]}";
        var spread = counts.Count == 0 || counts[^1] == 1 ? ", so no interval"
            : kind is ChartKind.ThroughputOverTime or ChartKind.LatencyPercentiles or ChartKind.FaultTimeline ? ", each drawn in place of an interval"
            : kind == ChartKind.CpuByProcess ? ", drawn without intervals"
            : counts[0] >= Spread.CountForConfidence ? ", intervals: 95 % confidence of the median"
            : ", intervals: lowest to highest";
        var seconds = runs.Where(run => run.Sound).Select(run => Math.Round(run.MeasuredSeconds, 1)).Order().ToList();
        var time = seconds.Count == 0 ? "nothing" : seconds[^1] - seconds[0] < 1 ? $"{seconds[0]:0.#} s" : $"{seconds[0]:0.#} to {seconds[^1]:0.#} s";
        var unsound = runs.Count(run => !run.Sound);
        return string.Create(CultureInfo.InvariantCulture,
            $"{repeats} sound {(repeats == "1" ? "run" : "runs")} a cell{spread}; {time} measured in each{(plan.Schedule.WarmupSeconds > 0 ? ", after a warm-up" : "")}{ProfileOf(plan)}.")
            + (unsound > 0 ? $" {unsound} unsound {(unsound == 1 ? "run" : "runs")} left out." : "")
            + (plan.Finished is null ? " The campaign was cut off." : "");
    }

    // A plan as it is written needs no word.
    private static string ProfileOf(ResultPlan plan) => plan.Profile is { } profile && profile != Profile.Standard.Name ? $"; profile {profile}" : "";

    private static string Origin(CampaignResults campaign, IEnumerable<RunRow> runs)
    {
        var systems = string.Join(", ", runs.Select(run => run.System).Distinct());
        var sha = campaign.Machine.GitSha.Length == 0 ? "no commit" : campaign.Machine.GitSha[..Math.Min(10, campaign.Machine.GitSha.Length)] + (campaign.Machine.GitDirty ? " + changes" : "");
        return $"{campaign.Machine.Summary()}. {campaign.Plan.Experiment}, {systems}, {campaign.Plan.Started.UtcDateTime:yyyy-MM-dd HH:mm} UTC, {sha}.";
    }
}
