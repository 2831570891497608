using System.Globalization;
using Harness.Statistics;
using static Harness.Results.Reports.ReportText;

namespace Harness.Results.Reports;

/// <summary>The part of the page that says what was measured, on which machine, and how to do it again.</summary>
internal sealed class ReportSetup(CampaignResults campaign, HtmlPage html)
{
    private ResultPlan Plan => campaign.Plan;

    private MachineFacts Machine => campaign.Machine;

    public void Write()
    {
        WriteSetup();
        WriteMachine();
        WriteReproduction();
    }

    private void WriteSetup()
    {
        html.Section("setup", "What was measured")
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
        var settings = names.ConvertAll(name => (Name: name, Values: nodes.Select(node => SettingOf(node, name)).Distinct().ToList()));
        html.Element("h3", title + " of the nodes, as they reported it while running")
            .Facts(settings.Where(setting => setting.Values.Count == 1).Select(setting => (setting.Name, setting.Values[0])));
        var differing = settings.Where(setting => setting.Values.Count > 1).Select(setting => setting.Name).ToList();
        if (differing.Count == 0) return;

        html.Element("p", "Differing by cell or node:", "muted")
            .Table([("cell", false), ("node", true), .. differing.Select(name => (name, false))],
                nodes.Select(node => ("", (IReadOnlyList<string>)
                    [campaign.LabelOf(node.Cell), Count(node.Node), .. differing.Select(name => SettingOf(node, name))])));
    }

    private static string SettingOf(NodeConfiguration node, string name) => node.Settings.GetValueOrDefault(name, "(unset)");

    private void WriteMachine() => html.Section("machine", "Machine").Facts(
    [
        ("CPU", $"{Machine.Cores} × {Machine.CpuModel}"),
        ("Memory", string.Create(CultureInfo.InvariantCulture, $"{Machine.MemoryBytes / (double)(1L << 30):0.#} GiB")),
        ("Virtualization", Machine.Virtualization ?? ""),
        ("System", $"{Machine.OperatingSystem}, Linux {Machine.Kernel}"),
        ("Data folder", $"{Machine.Filesystem} ({Machine.MountOptions}) {Machine.DataDevice}"),
        .. Machine.Hosts.Select(host => ($"Host {host.Name}", string.Create(CultureInfo.InvariantCulture, $"{host.Summary()}; {host.RoundTripMs:0.##} ms away over ssh"))),
        ("Runtime", Machine.Runtime),
        .. Machine.RuntimeSettings.Select(setting => (setting.Key, setting.Value)),
        .. Machine.KernelSettings.Select(setting => (setting.Key, setting.Value)),
        ("Commit", Machine.GitSha + (Machine.GitDirty ? " with uncommitted changes" : "")),
        ("Steal over the campaign", Machine.StealShare is { } share ? FormattableString.Invariant($"{share * 100:0.##} % of the machine") : "not known"),
        ("Steal during runs", StealInWords()),
        .. Machine.Calibration.Select(limit => ("Measured limit: " + limit.Key, limit.Value)),
    ]);

    private string StealInWords()
    {
        var known = campaign.Runs.Where(run => run.StealSeconds is not null).ToList();
        return known.Count == 0 ? "not known" : string.Create(CultureInfo.InvariantCulture,
            $"{known.Sum(run => run.StealSeconds!.Value):0.##} s in all, at most {known.Max(campaign.StealShare) * 100:0.##} % of the machine in one run");
    }

    private void WriteReproduction()
    {
        html.Section("again", "Do it again").Open("pre").Text($"git checkout {Machine.GitSha}\n{Plan.Command}").Close("pre")
            .Open("p").Text("Everything on this page comes from ");
        string[] files = ["plan.json", "machine.json", "runs.csv"];
        foreach (var file in files) html.Raw($"<a href=\"{file}\">{file}</a>, ");
        html.Text("and the folders latency and timeline beside it; ");
        string[] made = ["cells.csv", "summary.json"];
        html.Raw(string.Join(" and ", made.Select(file => $"<a href=\"{file}\">{file}</a>"))).Text(" hold what is computed from them.").Close("p");
    }
}
