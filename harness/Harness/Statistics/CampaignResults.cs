using Harness.Load;
using Harness.Results;

namespace Harness.Statistics;

/// <summary>A result folder as a reader wants it: cells with their runs, spreads and merged histograms.</summary>
/// <remarks>Statistics are over sound runs only; what is unsound stays visible in <see cref="Runs"/>.</remarks>
public sealed class CampaignResults
{
    private CampaignResults(ResultFolder folder)
    {
        Folder = folder;
        Cells = [.. folder.Plan.Cells.Select(cell => new CellResults(folder, cell))];
    }

    public ResultFolder Folder { get; }

    public ResultPlan Plan => Folder.Plan;

    public MachineFacts Machine => Folder.Machine;

    public IReadOnlyList<CellResults> Cells { get; }

    public IReadOnlyList<RunRow> Runs => Folder.Runs;

    /// <summary>How the plan's checks came out by the runs there are.</summary>
    public IReadOnlyList<CheckOutcome> Outcomes => CheckJudge.Judge(Plan, Runs);

    /// <exception cref="ResultException">The folder is no result or is damaged.</exception>
    public static CampaignResults Open(string folder) => new(ResultFolder.Open(folder));

    public static CampaignResults Of(ResultFolder folder) => new(folder);

    /// <summary>The cells whose values do not contradict <paramref name="values"/>, see <see cref="CellSelector"/>.</summary>
    public IEnumerable<CellResults> Where(IReadOnlyDictionary<string, string> values) =>
        Cells.Where(cell => CellSelector.Matches(values, cell.Facts.Values));

    /// <summary>The cells with this value on this axis.</summary>
    public IEnumerable<CellResults> Where(string axis, string value) =>
        Where(new Dictionary<string, string> { [axis] = value });
}

/// <summary>One combination of axis values and all its runs.</summary>
public sealed class CellResults(ResultFolder folder, CellFacts facts)
{
    private Histogram? _latency;

    public CellFacts Facts => facts;

    /// <summary>How people name it, numbers with their units.</summary>
    public string Label => folder.Plan.LabelOf(facts.Values);

    /// <summary>The resolved text on an axis; empty when the cell has no such axis.</summary>
    public string this[string axis] => facts.Values.GetValueOrDefault(axis, "");

    /// <summary>Runs of this cell so far, sound or not, by repeat.</summary>
    public IReadOnlyList<RunRow> Runs { get; } = [.. folder.Runs.Where(run => run.Cell == facts.Id).OrderBy(run => run.Repeat)];

    public IReadOnlyList<RunRow> SoundRuns => [.. Runs.Where(run => run.Sound)];

    /// <summary>The latencies of all sound runs in one histogram: the only right way to a percentile over several runs.</summary>
    public Histogram Latency
    {
        get
        {
            if (_latency is not null) return _latency;

            _latency = new Histogram();
            foreach (var run in SoundRuns) _latency.Merge(folder.ReadLatency(run));
            return _latency;
        }
    }

    /// <summary>The metric over sound runs, or over all where it is faults that it counts; null when none has it.</summary>
    public Spread? Spread(Metric metric) => Statistics.Spread.Of(Values(metric));

    public IReadOnlyList<double> Values(Metric metric) => [.. Figures(metric).Select(figure => figure.Value)];

    /// <summary>Repeats whose figure is far off the others'; null when there are too few to tell.</summary>
    public IReadOnlyList<int>? Outliers(Metric metric)
    {
        var figures = Figures(metric).ToList();
        return SampleShape.Of([.. figures.Select(figure => figure.Value)]).Outliers is { } outliers ? [.. outliers.Select(i => figures[i].Repeat)] : null;
    }

    /// <summary>This cell against another of the same campaign, pairwise by repeat; null when no repeat has both.</summary>
    public Comparison? Against(CellResults other, Metric metric, ComparisonRule? rule = null) =>
        Comparison.OfPairs(PairedComparison.PairsOf(Runs, other.Runs, metric), rule ?? ComparisonRule.For(metric));

    public IReadOnlyList<TimelinePoint> Timeline(RunRow run) => folder.ReadTimeline(run);

    /// <summary>The faults of a run as they happened.</summary>
    public IReadOnlyList<FaultRecord> Faults(RunRow run) => folder.ReadFaults(run);

    /// <summary>Acknowledgements by tenths of a second; empty when the run had no faults.</summary>
    public IReadOnlyList<AckPoint> Acks(RunRow run) => folder.ReadAcks(run);

    public Histogram LatencyOf(RunRow run) => folder.ReadLatency(run);

    private IEnumerable<(int Repeat, double Value)> Figures(Metric metric) =>
        from run in metric.IsFault ? Runs : SoundRuns
        let value = metric.Of(run)
        where value is not null && double.IsFinite(value.Value)
        select (run.Repeat, value.Value);
}
