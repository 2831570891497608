namespace Harness.Charts;

/// <summary>What a chart says, without how it is drawn.</summary>
public abstract record Chart
{
    public required string Title { get; init; }

    /// <summary>What is said below it wherever it stands: how to read it, durability, repeats. One paragraph an entry.</summary>
    public IReadOnlyList<string> Caption { get; init; } = [];

    /// <summary>What it has to carry along when it travels without its page: machine, origin, caveats. One paragraph an entry.</summary>
    public IReadOnlyList<string> SmallPrint { get; init; } = [];
}

/// <summary>Lines over two axes.</summary>
public sealed record LineChart : Chart
{
    public required ChartAxis X { get; init; }

    public required ChartAxis Y { get; init; }

    public required IReadOnlyList<LineSeries> Series { get; init; }

    /// <summary>Levels to compare with, such as the offered rate.</summary>
    public IReadOnlyList<ReferenceLevel> Levels { get; init; } = [];

    /// <summary>The part of x before zero, named when there is one: <c>warm-up</c>.</summary>
    public string BeforeZero { get; init; } = "";

    /// <summary>True when colours stand for growing numbers: drawn as a ramp, not as unrelated colours.</summary>
    public bool SeriesAreOrdered { get; init; }
}

/// <summary>Panels one above the other over one axis of time, with moments and spans marked through all of them.</summary>
public sealed record TimelineChart : Chart
{
    public required ChartAxis X { get; init; }

    public required IReadOnlyList<TimelinePanel> Panels { get; init; }

    /// <summary>What happened when.</summary>
    public IReadOnlyList<TimeMark> Marks { get; init; } = [];

    /// <summary>The part of x before zero, named when there is one: <c>warm-up</c>.</summary>
    public string BeforeZero { get; init; } = "";
}

/// <summary>One panel of a <see cref="TimelineChart"/>; a colour stands for the same in all of them.</summary>
public sealed record TimelinePanel(ChartAxis Y, IReadOnlyList<LineSeries> Series)
{
    public IReadOnlyList<ReferenceLevel> Levels { get; init; } = [];
}

/// <summary>Something that happened, with its end where it had one.</summary>
public sealed record TimeMark(string Label, double From, double? To = null);

/// <summary>Horizontal bars in groups, side by side or stacked.</summary>
public sealed record BarChart : Chart
{
    public required ChartAxis Value { get; init; }

    /// <summary>Names of the colours; one name or none draws no legend.</summary>
    public required IReadOnlyList<string> Series { get; init; }

    public required IReadOnlyList<BarGroup> Groups { get; init; }

    public bool Stacked { get; init; }
}

public enum AxisScale
{
    Linear,
    Log,

    /// <summary>Values are fractions p below 1, placed at log 1/(1-p): each nine gets the same room.</summary>
    Percentile,
}

/// <summary>An axis: what it shows with its unit, and how values are placed. <see cref="Min"/> and <see cref="Max"/> widen the range of the data.</summary>
public sealed record ChartAxis(string Title, AxisScale Scale = AxisScale.Linear)
{
    public double? Min { get; init; }

    public double? Max { get; init; }

    /// <summary>What the values 0, 1, 2, … are called where they are places and no numbers; empty for an axis of numbers.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];
}

/// <summary>One line. Faint ones are single repeats behind the line of their colour and have no legend entry.</summary>
public sealed record LineSeries(string Name, int Color, IReadOnlyList<LinePoint> Points)
{
    public bool Faint { get; init; }

    public bool Markers { get; init; }

    /// <summary>Markers that stand for themselves, with no line through them.</summary>
    public bool Unconnected { get; init; }
}

/// <summary>A point, with an interval in y where there is one; hollow when it carries a reservation that the caption explains.</summary>
public sealed record LinePoint(double X, double Y, double? Low = null, double? High = null, bool Hollow = false);

/// <summary>A level on the y axis; of a series' colour or, without one, grey. A label that would cover another is left out.</summary>
public sealed record ReferenceLevel(string Label, double Y, int? Color = null);

public sealed record BarGroup(string Label, IReadOnlyList<Bar> Bars);

/// <summary>One bar, or one part of a stack.</summary>
/// <remarks><see cref="Value"/> is null where nothing sound was measured: the place is kept and <see cref="Text"/> says why.</remarks>
public sealed record Bar(int Series, double? Value, string Text)
{
    public double? Low { get; init; }

    public double? High { get; init; }

    /// <summary>Single runs, drawn as dots on the bar.</summary>
    public IReadOnlyList<double> Runs { get; init; } = [];
}

/// <summary>Draws a chart; the only thing to add for another format.</summary>
public interface IChartRenderer
{
    /// <summary>File extension with its dot.</summary>
    string Extension { get; }

    string Render(Chart chart);
}
