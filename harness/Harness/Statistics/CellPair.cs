using Harness.Results;

namespace Harness.Statistics;

/// <summary>The same cell in two results.</summary>
public sealed record CellPair(CellResults Base, CellResults These)
{
    /// <summary>Cells whose settings agree; what one result varies may be fixed in the other. Results of a single cell each are always a
    /// pair: what they differ in is what is compared.</summary>
    internal static IReadOnlyList<CellPair> Of(CampaignResults bases, CampaignResults these)
    {
        if (bases.Cells.Count == 1 && these.Cells.Count == 1) return [new CellPair(bases.Cells[0], these.Cells[0])];

        string[] axes = [.. bases.Plan.Axes.Select(axis => axis.Name).Union(these.Plan.Axes.Select(axis => axis.Name))];
        return
        [
            .. from cell in bases.Cells
               let partner = these.Cells.FirstOrDefault(other => axes.All(axis => Setting(bases.Plan, cell, axis) == Setting(these.Plan, other, axis)))
               where partner is not null
               select new CellPair(cell, partner),
        ];
    }

    // The axis itself, else the plan's fact of that name, else what the cell's nodes told.
    private static string? Setting(ResultPlan plan, CellResults cell, string axis) =>
        cell.Facts.Values.GetValueOrDefault(axis)
        ?? plan.Nodes.FirstOrDefault(node => node.Cell == cell.Facts.Id)?.Settings.GetValueOrDefault(axis)
        ?? plan.Cluster.GetValueOrDefault(axis) ?? plan.Load.GetValueOrDefault(axis);
}
