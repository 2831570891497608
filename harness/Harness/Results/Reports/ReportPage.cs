using System.Globalization;
using Harness.Statistics;

namespace Harness.Results.Reports;

/// <summary>The page of one campaign: question and expectation first, then what came out, then everything needed to doubt it.</summary>
internal sealed class ReportPage(CampaignResults campaign, IReadOnlyList<CheckOutcome> outcomes, IReadOnlyList<string> chartSvgs, IReadOnlyList<string> chartProblems)
{
    // Above this share of the machine's time a run was not alone.
    private const double StealShareNoted = 0.02;

    private readonly HtmlPage _html = new();

    private ResultPlan Plan => campaign.Plan;

    private MachineFacts Machine => campaign.Machine;

    public string ToHtml()
    {
        // The policy lets nothing in from anywhere: no script, no network, whatever a name in the data tries.
        _html.Raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
            .Element("title", $"{Plan.Experiment} {Plan.Title}").Raw("\n<style>\n").Raw(ReportStyle.Css).Raw("\n</style>\n</head>\n<body>\n");
        WriteHead();
        WriteWrong();
        foreach (var svg in chartSvgs) _html.Open("figure").Raw(svg).Close("figure");
        WriteCells();
        new ReportStatistics(campaign, _html).Write();
        WriteRuns();
        WriteFaults();
        WriteSetup();
        WriteMachine();
        WriteReproduction();
        return _html.Raw("</body>\n</html>\n").ToString();
    }

    private void WriteHead()
    {
        var systems = string.Join(", ", campaign.Runs.Select(run => run.System).Distinct());
        _html.Element("p", string.Create(CultureInfo.InvariantCulture, $"Experiment {Plan.Experiment} · {Plan.Started.UtcDateTime:yyyy-MM-dd HH:mm} UTC · {systems}"), "kicker")
            .Element("h1", Plan.Title)
            .Element("p", Plan.Question, "question")
            .Open("div", "card").Open("p").Element("strong", "Expected before the run: ").Text(Plan.Expectation).Close("p");
        if (outcomes.Count > 0)
        {
            _html.Open("ul", "checks");
            foreach (var outcome in outcomes)
            {
                var css = outcome.Verdict switch { CheckVerdict.Met => "met", CheckVerdict.FellShort => "short", _ => "open" };
                _html.Open("li").Element("span", outcome.VerdictText, css).Text(outcome.Name).Element("span", outcome.Figure, "figure").Close("li");
            }

            _html.Close("ul");
        }

        foreach (var claim in Plan.Claims)
            _html.Open("p").Element("strong", $"Claim {claim.Number}: ").Text($"“{claim.Text}” ({claim.Source}): ").Element("strong", claim.VerdictBy(outcomes)).Close("p");

        _html.Close("div").Facts(
        [
            ("Machine", Machine.Summary()),
            ("Durability", string.Join("; ", campaign.Runs.Select(run => run.Durability).Distinct())),
            ("Varied", string.Join("; ", Plan.Axes.Select(axis => $"{axis.Name}: {string.Join(", ", axis.Values.Select(axis.TextOf))}"))),
            ("Runs", RunsInWords()),
        ]);
    }

    private string RunsInWords()
    {
        var planned = Plan.Cells.Count * Plan.Schedule.Repeats;
        var unsound = campaign.Runs.Count(run => !run.Sound);
        return string.Create(CultureInfo.InvariantCulture,
            $"{campaign.Runs.Count} of at {(Plan.Schedule.BudgetSeconds is null ? "most" : "least")} {planned} ({Plan.Cells.Count} cells, {(Plan.Schedule.BudgetSeconds is null ? "up to" : "from")} {Plan.Schedule.Repeats} repeats), {unsound} unsound; "
            + $"{Plan.Schedule.MeasureSeconds:0.#} s measured after {Plan.Schedule.WarmupSeconds:0.#} s of warm-up; {Plan.Schedule.Order}{(Plan.RepeatsEnded is { } ended ? "; " + ended : "")}");
    }

    private void WriteWrong()
    {
        var wrong = new List<string>();
        if (Plan.Finished is null) wrong.Add("The campaign was cut off: what is below is what had been measured by then.");
        wrong.AddRange(campaign.Runs.Where(run => !run.Sound).Select(run => $"FAILED: {LabelOf(run)}, repeat {run.Repeat}: {run.Reason}"));
        wrong.AddRange(campaign.Runs.Where(run => StealShare(run) > StealShareNoted).Select(run => string.Create(CultureInfo.InvariantCulture,
            $"Disturbed: the hypervisor took {StealShare(run) * 100:0.#} % of the machine during {LabelOf(run)}, repeat {run.Repeat}.")));
        wrong.AddRange(campaign.Runs.Where(run => run.Stationary == false).Select(run => $"Drifted while it was measured: {LabelOf(run)}, repeat {run.Repeat}: {run.Drift}."));
        if (Machine.GitDirty) wrong.Add($"The measured code is not commit {Machine.GitSha}: the working tree had changes.");
        wrong.AddRange(chartProblems);
        if (wrong.Count > 0)
        {
            _html.Open("section", "wrong").Element("h2", "What went wrong").Open("ul");
            foreach (var line in wrong) _html.Element("li", line);
            _html.Close("ul").Element("p", "Unsound runs are in the table of runs and in no statistic or chart.", "muted").Close("section");
        }

        if (Plan.Caveats.Count == 0) return;

        _html.Element("h2", "Read this with the numbers").Open("ul");
        foreach (var caveat in Plan.Caveats) _html.Element("li", caveat);
        _html.Close("ul");
    }

    private double StealShare(RunRow run) => run.MeasuredSeconds > 0 ? (run.StealSeconds ?? 0) / (run.MeasuredSeconds * Machine.Cores) : 0;

    private void WriteCells()
    {
        var metrics = Metric.All.Where(metric => metric != Metric.Lost && campaign.Cells.Any(cell => cell.Spread(metric) is not null)).ToList();
        _html.Element("h2", "Cells").Element("p", "Median over sound runs; below six runs the brackets are lowest to highest, from six on the 95 % confidence interval of the median.", "muted")
            .Table([("cell", false), ("sound runs", true), .. metrics.Select(metric => (WithUnit(metric), true))],
                campaign.Cells.Select(cell => (cell.SoundRuns.Count == 0 ? "failed" : "",
                    (IReadOnlyList<string>)[cell.Label, $"{cell.SoundRuns.Count} of {cell.Runs.Count}", .. metrics.Select(metric => SpreadText(cell.Spread(metric), metric))])));
    }

    private void WriteRuns()
    {
        var roles = campaign.Runs.SelectMany(run => run.Processes).Select(use => use.Role).Distinct().ToList();
        (string, bool)[] columns =
        [
            ("cell", false), ("repeat", true), ("sound", false), ("steady", false), ("offered (records/s)", true), ("achieved (records/s)", true), ("operations (/s)", true), ("acknowledged", true), ("failed", true),
            ("read back", true), ("lost", true), ("duplicates", true), ("out of order", true), ("corrupt", true),
            ("indeterminate", true), ("uncommitted reads", true), ("inconsistent offsets", true), ("replicas that differ", true),
            ("p50 (ms)", true), ("p90 (ms)", true), ("p99 (ms)", true), ("p99.9 (ms)", true), ("max (ms)", true), ("broker CPU (s/GB)", true),
            .. roles.Select(role => ($"{role} (cores)", true)), .. roles.Select(role => ($"{role} RSS (MB)", true)), .. roles.Select(role => ($"{role} context switches", true)),
            ("disk written (MB)", true), ("dirty pages, most (MB)", true), ("steal (s)", true), .. roles.Where(ProcessRole.IsBroker).Select(role => ($"{role} GC pauses (ms)", true)), .. roles.Where(ProcessRole.IsBroker).Select(role => ($"{role} collections, generation 0 / 1 / 2", true)),
            ("ran out first", false), ("not told", false), ("durability", false),
        ];
        _html.Element("h2", "Runs").Element("p", $"In the order in which they were measured. {LatencyInWords()}", "muted")
            .Table(columns, campaign.Runs.Select(run => (run.Sound ? "" : "failed", (IReadOnlyList<string>)
            [
                LabelOf(run), Count(run.Repeat), run.Sound ? "yes" : "FAILED: " + run.Reason, Steady(run), Number(run.OfferedPerSecond), Number(Metric.Achieved.Of(run)), Number(Metric.Operations.Of(run)), Count(run.Acked), Count(run.Failed),
                run.Verified is { } verified ? Count(verified) : "not checked", Count(run.Lost), Count(run.Duplicates), Count(run.OutOfOrder), Count(run.Corrupt),
                Count(run.Indeterminate), Count(run.UncommittedReads), run.InconsistentOffsets is { } offsets ? Count(offsets) : "", run.ReplicaDifferences is { } differ ? Count(differ) : "",
                Number(run.P50Ms), Number(run.P90Ms), Number(run.P99Ms), Number(run.P999Ms), Number(run.MaxMs), Number(run.CpuSecondsPerGb),
                .. roles.Select(role => Number(run.Role(role)?.Cores)), .. roles.Select(role => Number(run.Role(role)?.RssMaxBytes / 1e6)),
                .. roles.Select(role => run.Role(role) is { } use ? Count(use.ContextSwitches) : ""),
                Number(run.DiskWriteBytes / 1e6), Number(run.DirtyMaxBytes / 1e6), Number(run.StealSeconds),
                .. roles.Where(ProcessRole.IsBroker).Select(role => Number(run.Role(role)?.GcPauseMs)),
                .. roles.Where(ProcessRole.IsBroker).Select(role => run.Role(role) is { Gen0Collections: { } zero, Gen1Collections: { } one, Gen2Collections: { } two } ? $"{Count(zero)} / {Count(one)} / {Count(two)}" : ""),
                run.Bottleneck, run.Missing, run.Durability,
            ])));
    }

    private static string Steady(RunRow run) => run.Stationary switch { true => "yes", false => "DRIFTED: " + run.Drift, null => "not told" };

    private void WriteFaults()
    {
        var faults = campaign.Runs.SelectMany(run => campaign.Folder.ReadFaults(run).Select(fault => (Run: run, Fault: fault))).ToList();
        if (faults.Count == 0) return;

        _html.Element("h2", "Faults").Element("p", "As they happened, in seconds since measuring began. A node that was ended is well again once it takes requests.", "muted")
            .Table([("cell", false), ("repeat", true), ("fault", false), ("nodes", false), ("began (s)", true), ("put right (s)", true)],
                faults.Select(fault => ("", (IReadOnlyList<string>)
                [
                    LabelOf(fault.Run), Count(fault.Run.Repeat), fault.Fault.Fault, fault.Fault.Nodes, Seconds(fault.Fault.BeganSecond),
                    fault.Fault.HealedSecond is { } healed ? Seconds(healed) : "not in this run",
                ])));

        static string Seconds(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
    }

    private string LatencyInWords()
    {
        var isOfFiles = campaign.Runs.Any(run => Metric.Operations.Of(run) is not null);
        var isOfRecords = campaign.Runs.Any(run => Metric.Achieved.Of(run) is not null);
        return (isOfRecords || !isOfFiles ? "Latencies of records count from their intended send time." : "")
            + (isOfRecords && isOfFiles ? " " : "")
            + (isOfFiles ? "Latencies of operations on files count from where each begins: there is one at a time a thread." : "");
    }

    private void WriteSetup()
    {
        _html.Element("h2", "What was measured")
            .Element("h3", "Cluster").Facts(Plan.Cluster.Select(fact => (fact.Key, fact.Value)))
            .Element("h3", "Load").Facts(Plan.Load.Select(fact => (fact.Key, fact.Value)).Append(("seed", Count(Plan.Seed))));

        // Systems have hardly a setting in common.
        var systems = Plan.Nodes.GroupBy(node => campaign.Runs.FirstOrDefault(run => run.Cell == node.Cell)?.System ?? "").ToList();
        foreach (var system in systems) WriteConfiguration(systems.Count > 1 ? $"{system.Key}: configuration" : "Configuration", [.. system]);
    }

    private void WriteConfiguration(string title, IReadOnlyList<NodeConfiguration> nodes)
    {
        // Said once where all nodes agree; by cell where they do not.
        var names = nodes.SelectMany(node => node.Settings.Keys).Distinct().Order(StringComparer.Ordinal).ToList();
        var settings = names.Select(name => (Name: name, Values: nodes.Select(node => node.Settings.GetValueOrDefault(name, "(unset)")).Distinct().ToList())).ToList();
        _html.Element("h3", title + " of the nodes, as they reported it while running")
            .Facts(settings.Where(setting => setting.Values.Count == 1).Select(setting => (setting.Name, setting.Values[0])));
        var differing = settings.Where(setting => setting.Values.Count > 1).Select(setting => setting.Name).ToList();
        if (differing.Count == 0) return;

        _html.Element("p", "Differing by cell or node:", "muted")
            .Table([("cell", false), ("node", true), .. differing.Select(name => (name, false))],
                nodes.Select(node => ("", (IReadOnlyList<string>)[LabelOf(node.Cell), Count(node.Node), .. differing.Select(name => node.Settings.GetValueOrDefault(name, "(unset)"))])));
    }

    private string LabelOf(string cell) => Plan.Cells.FirstOrDefault(known => known.Id == cell) is { } known ? Plan.LabelOf(known.Values) : cell;

    private string LabelOf(RunRow run) => LabelOf(run.Cell);

    private void WriteMachine() => _html.Element("h2", "Machine").Facts(
    [
        ("CPU", $"{Machine.Cores} × {Machine.CpuModel}"),
        ("Memory", string.Create(CultureInfo.InvariantCulture, $"{Machine.MemoryBytes / (double)(1L << 30):0.#} GiB")),
        ("Virtualization", Machine.Virtualization ?? ""),
        ("System", $"{Machine.OperatingSystem}, Linux {Machine.Kernel}"),
        ("Data folder", $"{Machine.Filesystem} ({Machine.MountOptions}) {Machine.DataDevice}"),
        ("Runtime", Machine.Runtime),
        .. Machine.RuntimeSettings.Select(setting => (setting.Key, setting.Value)),
        .. Machine.KernelSettings.Select(setting => (setting.Key, setting.Value)),
        ("Commit", Machine.GitSha + (Machine.GitDirty ? " with uncommitted changes" : "")),
        ("Steal over the campaign", Machine.StealShare is { } share ? string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.##} % of the machine") : "not known"),
        ("Steal during runs", StealInWords()),
        .. Machine.Calibration.Select(limit => ("Measured limit: " + limit.Key, limit.Value)),
    ]);

    private string StealInWords()
    {
        var known = campaign.Runs.Where(run => run.StealSeconds is not null).ToList();
        return known.Count == 0 ? "not known" : string.Create(CultureInfo.InvariantCulture,
            $"{known.Sum(run => run.StealSeconds!.Value):0.##} s in all, at most {known.Max(StealShare) * 100:0.##} % of the machine in one run");
    }

    private void WriteReproduction()
    {
        _html.Element("h2", "Do it again").Open("pre").Text($"git checkout {Machine.GitSha}\n{Plan.Command}").Close("pre")
            .Open("p").Text("Everything on this page comes from ").Raw("<a href=\"plan.json\">plan.json</a>, <a href=\"machine.json\">machine.json</a>, <a href=\"runs.csv\">runs.csv</a> and the folders latency, timeline and charts").Text(" beside it.").Close("p");
    }

    private static string WithUnit(Metric metric) => metric.Unit.Length == 0 ? metric.Title : $"{metric.Title} ({metric.Unit})";

    private static string SpreadText(Spread? spread, Metric metric) => spread switch
    {
        null => "–",
        { Count: 1 } => Figure.Number(spread.Median, metric.Unit),
        _ => $"{Figure.Number(spread.Median, metric.Unit)} [{Figure.Number(spread.Low, metric.Unit)}, {Figure.Number(spread.High, metric.Unit)}]",
    };

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Number(double? value) => value is not { } number ? "–" : Math.Abs(number) >= 1000 ? number.ToString("N0", CultureInfo.InvariantCulture) : Figure.Plain(number);
}
