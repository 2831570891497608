using System.Globalization;
using System.Text;
using Harness.Results.Reports;

namespace Harness.Publishing;

/// <summary>What the READMEs say of results, as Markdown made of result files alone.</summary>
public static class ReadmeText
{
    /// <summary>The picture of one chart with where it comes from; a sentence instead when there is no such result.</summary>
    /// <param name="published">The experiment.</param>
    /// <param name="title">The chart's title in its plan.</param>
    public static string Chart(PublishedExperiment published, string title)
    {
        if (published.Campaign is not { } campaign) return $"*{published.Experiment.Id} was not measured yet.*";
        if (PictureOf(published, title) is not { } picture) return $"*The result {published.ResultName} of {published.Experiment.Id} has no chart “{title}”.*";

        var plan = campaign.Plan;
        var folder = FolderOf(published);
        var durability = string.Join("; ", campaign.Runs.Select(run => run.Durability).Distinct());
        return string.Create(CultureInfo.InvariantCulture, $"""
            ![{title}]({folder}/{picture})

            *{title}: {durability}. {campaign.Machine.Summary()}. {campaign.Runs.Count} runs of {plan.Cells.Count} cells,
            {plan.Schedule.MeasureSeconds:0.#} s each; {published.InShort()}.
            The whole result, with what fell short: [{folder}]({folder}/report.html).*
            """);
    }

    /// <summary>A line for each claim: what is said, how it fared, and the experiment that says so.</summary>
    public static string Claims(IReadOnlyList<ClaimStanding> claims)
    {
        var text = new StringBuilder("| | claim | verdict | figure | by |\n| ---: | --- | --- | --- | --- |\n");
        foreach (var standing in claims)
        {
            var claim = standing.Claim;
            var answers = string.Join(", ", standing.Experiments.Select(answer => answer.Campaign is null
                ? $"[{answer.Experiment.Id}](experiments/{answer.Stem}.cs)"
                : $"[{answer.Experiment.Id}]({FolderOf(answer)}/report.html){Different(answer)}"));
            text.Append(CultureInfo.InvariantCulture, $"| {claim.Number} | {claim.Text} | {standing.Verdict} | {Cell(standing.Reason)} | {Cell(answers)} |\n");
        }

        return text.ToString();
    }

    /// <summary>A line for each experiment, with links as they are from the folder of the experiments.</summary>
    public static string Experiments(IReadOnlyList<PublishedExperiment> experiments, IReadOnlyList<ClaimStanding> claims)
    {
        var text = new StringBuilder("| | question | file | claim | notebook | last verdict |\n| --- | --- | --- | --- | --- | --- |\n");
        foreach (var published in experiments)
        {
            var experiment = published.Experiment;
            var own = experiment.Claims.Count == 0 ? "-" : string.Join(", ", experiment.Claims.Select(claim => claim.Number));
            var notebook = published.Notebook is { } path ? $"[{Path.GetFileName(path)}](../notebooks/{Path.GetFileName(path)})" : "-";
            var file = $"{published.Stem}.cs";
            text.Append($"| {experiment.Id} | {experiment.Question} | [{file}]({file}) | {own} | {notebook} | {VerdictOf(published, claims)} |\n");
        }

        return text.ToString();
    }

    private static string VerdictOf(PublishedExperiment published, IReadOnlyList<ClaimStanding> claims)
    {
        if (published.Campaign is null) return "-";

        var own = claims.Where(claim => claim.Experiments.Contains(published)).Select(claim => $"; claim {claim.Claim.Number}: {claim.Verdict}");
        return $"[{published.InShort()}](../{FolderOf(published)}/report.html){string.Concat(own)}{Different(published)}";
    }

    private static string Different(PublishedExperiment published) => published.WhatIsDifferent is { } difference ? $" ({Cell(difference)})" : "";

    private static string Cell(string text) => text.Length == 0 ? "-" : text.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);

    private static string FolderOf(PublishedExperiment published) => $"results/{published.Campaign!.Plan.Experiment}/{published.ResultName}";

    private static string? PictureOf(PublishedExperiment published, string title) => ReportBuilder.PictureOf(published.Campaign!.Plan, title);
}
