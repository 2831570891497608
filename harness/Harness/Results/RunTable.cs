using System.Globalization;

namespace Harness.Results;

/// <summary><c>runs.csv</c>: the plain columns of <see cref="RunRow"/>, then <c>axis.NAME</c> for each axis and <c>ROLE.NAME</c> for each role.</summary>
internal static class RunTable
{
    private const string AxisPrefix = "axis.";
    private const string RoleMark = ".cpuSeconds";

    // The role is in the header already: its own column would say it twice.
    private static readonly string[] UseHeaders = [.. CsvColumns<ProcessUse>.Headers.Skip(1)];

    public static string ToCsv(IReadOnlyList<RunRow> runs)
    {
        var axes = runs.SelectMany(run => run.Axes.Keys).Distinct().ToList();
        var roles = runs.SelectMany(run => run.Processes.Select(p => p.Role)).Distinct().ToList();
        var headers = CsvColumns<RunRow>.Headers
            .Append("cpuSecondsPerGb")
            .Concat(axes.Select(axis => AxisPrefix + axis))
            .Concat(roles.SelectMany(role => UseHeaders.Select(header => role + "." + header)));
        var rows = runs.Select(run => CsvColumns<RunRow>.Texts(run)
            .Append(run.CpuSecondsPerGb?.ToString(CultureInfo.InvariantCulture) ?? "")
            .Concat(axes.Select(axis => run.Axes.GetValueOrDefault(axis, "")))
            .Concat(roles.SelectMany(role => CsvColumns<ProcessUse>.Texts(run.Role(role)).Skip(1)))
            .ToArray());
        return new CsvTable([.. headers], [.. rows]).ToCsv();
    }

    public static IReadOnlyList<RunRow> Parse(string text)
    {
        var table = CsvTable.Parse(text);
        var index = table.Headers.Select((header, i) => (header, i)).ToDictionary(pair => pair.header, pair => pair.i);
        var axes = table.Headers.Where(h => h.StartsWith(AxisPrefix, StringComparison.Ordinal)).Select(h => h[AxisPrefix.Length..]).ToList();
        var roles = table.Headers.Where(h => h.EndsWith(RoleMark, StringComparison.Ordinal)).Select(h => h[..^RoleMark.Length]).ToList();
        return [.. table.Rows.Select(row => ReadRow(header => index.TryGetValue(header, out var i) ? row[i] : null, axes, roles))];
    }

    private static RunRow ReadRow(Func<string, string?> field, List<string> axes, List<string> roles) => CsvColumns<RunRow>.Read(field) with
    {
        Axes = axes.Where(axis => field(AxisPrefix + axis) != "").ToDictionary(axis => axis, axis => field(AxisPrefix + axis)!),
        Processes = [.. roles.Where(role => field(role + RoleMark) != "")
            .Select(role => CsvColumns<ProcessUse>.Read(header => field(role + "." + header)) with { Role = role })],
    };
}
