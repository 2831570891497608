using System.Globalization;
using Harness.Statistics;
using static Harness.Results.Reports.ReportText;

namespace Harness.Results.Reports;

/// <summary>The part of the page with every cell and every run: what charts and verdicts are made of.</summary>
internal sealed class ReportRuns(CampaignResults campaign, HtmlPage html)
{
    /// <summary>The tables are wider than a page is: on paper they get pages across, headings and all.</summary>
    private const string Across = "across";

    private readonly List<string> _roles = [.. campaign.Runs.SelectMany(run => run.Processes).Select(use => use.Role).Distinct()];

    public void WriteCells()
    {
        var metrics = Metric.All.Where(metric => metric != Metric.Lost && campaign.Cells.Any(cell => cell.Spread(metric) is not null)).ToList();
        html.Open("section", Across).Section("cells", "Cells")
            .Element("p", "Median over sound runs; below six runs the brackets are lowest to highest, from six on the 95 % confidence interval of the median.", "muted")
            .Table([("cell", false), ("sound runs", true), .. metrics.Select(metric => (WithUnit(metric), true))],
                campaign.Cells.Select(cell => (cell.SoundRuns.Count == 0 ? "failed" : "", (IReadOnlyList<string>)
                [
                    cell.Label, $"{cell.SoundRuns.Count} of {cell.Runs.Count}", .. metrics.Select(metric => SpreadText(cell.Spread(metric), metric)),
                ])))
            .Close("section");
    }

    public void WriteRuns()
    {
        html.Open("section", Across).Section("runs", "Runs").Element("p", $"In the order in which they were measured. {LatencyInWords()}", "muted");
        Write("Rates and latencies",
        [
            new("sound", run => run.Sound ? "yes" : "FAILED: " + run.Reason, false), new("steady", Steady, false),
            new("offered (records/s)", run => Number(run.OfferedPerSecond)), new("achieved (records/s)", run => Number(Metric.Achieved.Of(run))),
            new("operations (/s)", run => Number(Metric.Operations.Of(run))), new("mean (ms)", run => Number(run.MeanMs)),
            new("p50 (ms)", run => Number(run.P50Ms)), new("p90 (ms)", run => Number(run.P90Ms)), new("p95 (ms)", run => Number(run.P95Ms)),
            new("p99 (ms)", run => Number(run.P99Ms)), new("p99.9 (ms)", run => Number(run.P999Ms)),
            new("max (ms)", run => Number(run.MaxMs)), new("broker CPU (s/GB)", run => Number(run.CpuSecondsPerGb)),
            new("limited by", run => run.BottleneckText, false), new("durability", run => run.Durability, false),
            new("generator", run => run.Generator, false),
        ]);
        Write("Records",
        [
            new("acknowledged", run => Count(run.Acked)), new("failed", run => Count(run.Failed)), new("indeterminate", run => Count(run.Indeterminate)),
            new("read back", run => run.Verified is { } verified ? Count(verified) : "not checked"), new("lost", run => Count(run.Lost)),
            new("duplicates", run => Count(run.Duplicates)), new("out of order", run => Count(run.OutOfOrder)), new("corrupt", run => Count(run.Corrupt)),
            new("uncommitted reads", run => Count(run.UncommittedReads)), new("inconsistent offsets", run => Count(run.InconsistentOffsets)),
            new("replicas that differ", run => Count(run.ReplicaDifferences)),
        ]);
        Write("Processes and machine",
        [
            .. _roles.Select(role => new Column($"{role} (cores)", run => Number(run.Role(role)?.Cores))),
            .. _roles.Select(role => new Column($"{role} RSS (MB)", run => Number(run.Role(role)?.RssMaxBytes / 1e6))),
            .. _roles.Select(role => new Column($"{role} context switches", run => Count(run.Role(role)?.ContextSwitches))),
            new("harness (cores)", run => Number(run.HarnessCores)),
            new("disk written (MB)", run => Number(run.DiskWriteBytes / 1e6)), new("dirty pages, most (MB)", run => Number(run.DirtyMaxBytes / 1e6)),
            new("steal (s)", run => Number(run.StealSeconds)),
            .. _roles.Where(ProcessRole.IsBroker).Select(role => new Column($"{role} GC pauses (ms)", run => Number(run.Role(role)?.GcPauseMs))),
            .. _roles.Where(ProcessRole.IsBroker).Select(role => new Column($"{role} collections, generation 0 / 1 / 2", run => Collections(run.Role(role)))),
            .. _roles.Where(ProcessRole.IsBroker).Select(role => new Column($"{role} allocations (MB/s)", run => Number(run.Role(role)?.AllocatedBytesPerSecond / 1e6))),
            .. _roles.Where(ProcessRole.IsBroker).Select(role => new Column($"{role} lock contentions (/s)", run => Number(run.Role(role)?.ContentionsPerSecond))),
            .. _roles.Where(ProcessRole.IsBroker).Select(role => new Column($"{role} thread-pool queue, most", run => Number(run.Role(role)?.QueueLengthMax))),
            new("not told", run => run.Missing, false),
        ]);
        html.Close("section");
    }

    public void WriteFaults()
    {
        var faults = campaign.Runs.SelectMany(run => campaign.Folder.ReadFaults(run).Select(fault => (Run: run, Fault: fault))).ToList();
        if (faults.Count == 0) return;

        html.Section("faults", "Faults")
            .Element("p", "As they happened, in seconds since measuring began. A node that was ended is well again once it takes requests.", "muted")
            .Table([("cell", false), ("repeat", true), ("fault", false), ("nodes", false), ("began (s)", true), ("put right (s)", true)],
                faults.Select(fault => ("", (IReadOnlyList<string>)
                [
                    campaign.LabelOf(fault.Run.Cell), Count(fault.Run.Repeat), fault.Fault.Fault, fault.Fault.Nodes, Seconds(fault.Fault.BeganSecond),
                    fault.Fault.HealedSecond is { } healed ? Seconds(healed) : "not in this run",
                ])));

        static string Seconds(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
    }

    /// <summary>A table of runs, without the columns that say nothing of any of them.</summary>
    private void Write(string title, IReadOnlyList<Column> columns)
    {
        var told = columns.Where(column => campaign.Runs.Any(run => column.Of(run) is not ("" or "–"))).ToList();
        html.Element("h3", title).Table(
            [("cell", false), ("repeat", true), .. told.Select(column => (column.Header, column.IsNumeric))],
            campaign.Runs.Select(run => (run.Sound ? "" : "failed",
                (IReadOnlyList<string>)[campaign.LabelOf(run.Cell), Count(run.Repeat), .. told.Select(column => column.Of(run))])));
    }

    private string LatencyInWords()
    {
        var isOfFiles = campaign.Runs.Any(run => Metric.Operations.Of(run) is not null);
        var usesTools = campaign.Runs.Any(run => run.Generator == GeneratorName.KafkaTools);
        var isOfRecords = campaign.Runs.Any(run => Metric.Achieved.Of(run) is not null);
        return (isOfRecords || !isOfFiles ? "Latencies of records count from their intended send time." : "")
            + (usesTools ? $" Those of {GeneratorName.KafkaTools} count from each record's send() instead, in whole milliseconds." : "")
            + (isOfRecords && isOfFiles ? " " : "")
            + (isOfFiles ? "Latencies of operations on files count from where each begins: there is one at a time a thread." : "");
    }

    private static string Steady(RunRow run) => run.Stationary switch { true => "yes", false => "DRIFTED: " + run.Drift, null => "not told" };

    private static string Collections(ProcessUse? use) =>
        use is { Gen0Collections: { } zero, Gen1Collections: { } one, Gen2Collections: { } two }
            ? $"{Count(zero)} / {Count(one)} / {Count(two)}"
            : "";

    private static string Count(long? count) => count is { } known ? ReportText.Count(known) : "";

    private sealed record Column(string Header, Func<RunRow, string> Of, bool IsNumeric = true);
}
