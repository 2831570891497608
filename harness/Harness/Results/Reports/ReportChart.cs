using Harness.Charts;

namespace Harness.Results.Reports;

/// <summary>A chart of the page.</summary>
/// <param name="Chart">What it says.</param>
/// <param name="Svg">Its drawing without title and small print, which the page sets itself.</param>
/// <param name="File">Where the picture lies that can travel alone, relative to the page.</param>
/// <param name="Png">The same as PNG; null where that could not be made.</param>
internal sealed record ReportChart(Chart Chart, string Svg, string File, string? Png);
