namespace Harness.Charts;

/// <summary>Places the values of an axis between two positions of the picture.</summary>
internal sealed class Scale
{
    private readonly Func<double, double> _transform;
    private readonly double _low;
    private readonly double _high;
    private readonly double _from;
    private readonly double _to;

    private Scale(Func<double, double> transform, IReadOnlyList<Tick> ticks, double from, double to)
    {
        (_transform, Ticks, _from, _to) = (transform, ticks, from, to);
        (_low, _high) = (transform(ticks[0].At), transform(ticks[^1].At));
    }

    /// <summary>Marks in ascending order; the first and the last are the ends of the axis.</summary>
    public IReadOnlyList<Tick> Ticks { get; }

    /// <summary>A scale that holds all of <paramref name="values"/> and the axis's own limits, ended at round marks.</summary>
    public static Scale Of(ChartAxis axis, IEnumerable<double> values, double from, double to, int tickCount = 6)
    {
        if (axis.Names.Count > 0) return new Scale(value => value, [.. axis.Names.Select((name, place) => new Tick(place, name))], from, to);

        var usable = values.Append(axis.Min ?? double.NaN).Append(axis.Max ?? double.NaN)
            .Where(value => double.IsFinite(value) && (axis.Scale != AxisScale.Log || value > 0)).ToList();
        var (min, max) = usable.Count == 0 ? (axis.Scale == AxisScale.Log ? 1 : 0, 1) : (usable.Min(), usable.Max());
        switch (axis.Scale)
        {
            case AxisScale.Log:
                return new Scale(Math.Log10, Charts.Ticks.Log(min, max > min ? max : min * 2), from, to);
            case AxisScale.Percentile:
                return new Scale(p => -Math.Log10(1 - Math.Min(p, 1 - 1e-12)), Charts.Ticks.Percentile(max), from, to);
            default:
                // Lengths are compared from zero, or not at all.
                min = Math.Min(min, 0);
                return new Scale(value => value, Charts.Ticks.Linear(min, max > min ? max : min + 1, tickCount), from, to);
        }
    }

    /// <summary>Where a value goes; what lies beyond an end is drawn at the end.</summary>
    public double this[double value]
    {
        get
        {
            var share = (_transform(value) - _low) / (_high - _low);
            return _from + (Math.Clamp(double.IsNaN(share) ? 0 : share, 0, 1) * (_to - _from));
        }
    }
}
