using System.Globalization;
using Harness.Results;
using Harness.Statistics;

namespace Harness.Charts;

/// <summary>Rate and latency through faults: runs of single cells, for a middle of several would blur the very moments that count.</summary>
internal static class FaultTimelines
{
    /// <summary>How many times the offered rate is drawn where a backlog goes far beyond it.</summary>
    private const int RateShown = 3;

    public static TimelineChart Of(ChartRequest request, IReadOnlyList<CellResults> cells, SeriesNaming naming)
    {
        List<LineSeries> rates = [], latencies = [];
        var marks = new List<TimeMark>();
        var offered = new HashSet<double>();
        var several = cells.Skip(1).Any();
        var reads = cells.Any(cell => cell.Runs.Any(run => run.Role(ProcessRole.Consumers) is not null));
        foreach (var cell in cells.OrderBy(naming.ColorOf))
        {
            var runs = cell.Runs.Where(run => cell.Acks(run).Count > 0).ToList();
            foreach (var run in runs)
            {
                var acks = cell.Acks(run).Where(point => point.Second <= run.MeasuredSeconds + 0.05).ToList();
                var faint = run != runs[0];
                rates.Add(new LineSeries(naming.NameOf(cell), naming.ColorOf(cell), [.. acks.Select(point => new LinePoint(point.Second, point.AckedPerSecond))]) { Faint = faint });
                latencies.AddRange(Stretches(acks).Select(stretch => new LineSeries(naming.NameOf(cell), naming.ColorOf(cell), stretch) { Faint = faint }));
            }

            if (runs.Count == 0) continue;

            if (runs[0].OfferedPerSecond is { } rate) offered.Add(rate);
            marks.AddRange(cell.Faults(runs[0]).Where(fault => !fault.StandsThroughout(runs[0].MeasuredSeconds)).Select(fault => new TimeMark(
                (several ? naming.NameOf(cell) + ": " : "") + fault.Label + Lasted(fault), fault.BeganSecond, Math.Min(fault.HealedSecond ?? double.MaxValue, runs[0].MeasuredSeconds))));
        }

        // A backlog that is sent at once would press everything else to the bottom.
        var highest = rates.SelectMany(line => line.Points).Select(point => point.Y).DefaultIfEmpty(0).Max();
        double? top = offered.Count > 0 && highest > 2 * RateShown * offered.Max() ? RateShown * offered.Max() : null;
        if (top is not null) rates = [.. rates.Select(line => line with { Points = [.. line.Points.Select(point => point with { Y = Math.Min(point.Y, top.Value) })] })];
        return new TimelineChart
        {
            Title = request.Title,
            X = new ChartAxis("time since measuring began (s)"),
            BeforeZero = "warm-up",
            Panels =
            [
                new TimelinePanel(new ChartAxis($"{(reads ? "read" : "acknowledged")}, by tenths of a second (records/s)"), rates) { Levels = [.. offered.Select(rate => new ReferenceLevel("", rate))] },
                new TimelinePanel(new ChartAxis(reads ? "longest fetch (ms)" : "longest wait of those acknowledged, from the intended send time (ms)", AxisScale.Log), latencies),
            ],
            Marks = marks,
            Caption = [string.Join(' ', new[]
            {
                marks.Count > 0 ? "Red: from the moment a fault began until it was put right." : "",
                several ? "" : $"Thick: the first run{(marks.Count > 0 ? ", whose faults are marked" : "")}. Thin: other repeats.",
                offered.Count > 0 ? "Dashed: offered." : "",
                top is not null ? $"Drawn up to {RateShown} times that: what had waited was acknowledged at up to {Figure.Prefixed(highest)} records/s." : "",
                $"Nothing is drawn below where nothing was {(reads ? "read" : "acknowledged")}.",
            }.Where(sentence => sentence.Length > 0))],
        };
    }

    private static string Lasted(FaultRecord fault) => fault.HealedSecond is { } healed
        ? string.Create(CultureInfo.InvariantCulture, $", {healed - fault.BeganSecond:0.0} s")
        : ", not put right";

    /// <summary>The points that follow each other without a silence between them.</summary>
    private static IEnumerable<IReadOnlyList<LinePoint>> Stretches(IReadOnlyList<AckPoint> acks)
    {
        var stretch = new List<LinePoint>();
        foreach (var point in acks)
        {
            if (point.WorstMs is { } worst)
            {
                stretch.Add(new LinePoint(point.Second, worst));
                continue;
            }

            if (stretch.Count > 0) yield return stretch;
            stretch = [];
        }

        if (stretch.Count > 0) yield return stretch;
    }
}
