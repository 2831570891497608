using Harness.Results;

namespace Harness.Charts;

/// <summary>The ways of drawing that this build has.</summary>
public static class ChartRenderers
{
    private static readonly (string Name, Func<IChartRenderer> Create)[] All =
    [
        ("svg", () => new SvgRenderer()),
#if USE_SCOTTPLOT
        ("scottplot", () => new ScottPlotRenderer()),
#endif
    ];

    /// <exception cref="ResultException">There is none of this name; the message says which there are.</exception>
    public static IChartRenderer Find(string name) => All.FirstOrDefault(renderer => renderer.Name == name).Create?.Invoke()
        ?? throw new ResultException($"there is no renderer '{name}': choose {string.Join(", ", All.Select(renderer => renderer.Name))}"
            + (All.Length == 1 ? ", or build with -p:UseScottPlot=true for scottplot." : "."));
}
