using System.Globalization;
using Harness.Results;
using Harness.Statistics;

namespace Harness.Charts;

/// <summary>Names and colours of the cells in one chart: only what differs between them, numbers with their unit.</summary>
internal sealed class SeriesNaming
{
    private readonly IReadOnlyList<AxisFacts> _axes;

    /// <param name="plan">Gives axes and their order.</param>
    /// <param name="cells">The cells that are drawn.</param>
    /// <param name="leaveOut">Axes that the chart shows otherwise, by position or as groups.</param>
    /// <param name="first">The axis to name first, or null.</param>
    public SeriesNaming(ResultPlan plan, IReadOnlyList<CellResults> cells, Func<AxisFacts, bool> leaveOut, string? first)
    {
        _axes = [.. plan.Axes
            .Where(axis => !leaveOut(axis) && cells.Select(cell => cell[axis.Name]).Distinct().Skip(1).Any())
            .OrderByDescending(axis => axis.Name == first)];
        Names = [.. cells.OrderBy(Order).Select(NameOf).Distinct()];
    }

    /// <summary>In the order of the axes' values.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>True when the names are numbers that grow: one numeric axis and at least three of its values.</summary>
    public bool AreOrdered => _axes is [{ Unit: not null }] && Names.Count > 2;

    public string NameOf(CellResults cell) =>
        _axes.Count == 0 ? "" : string.Join(" · ", _axes.Select(axis => axis.TextOf(cell[axis.Name])).Where(text => text.Length > 0));

    public int ColorOf(CellResults cell) => Names.ToList().IndexOf(NameOf(cell));

    private string Order(CellResults cell) =>
        string.Join('.', _axes.Select(axis => axis.Values.ToList().IndexOf(cell[axis.Name]).ToString("000", CultureInfo.InvariantCulture)));
}
