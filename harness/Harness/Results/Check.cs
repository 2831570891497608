using System.Text.Json.Serialization;

namespace Harness.Results;

public enum CheckBound
{
    AtMost,
    AtLeast,
}

public enum CheckVerdict
{
    Met,
    FellShort,

    /// <summary>No sound run to judge by.</summary>
    NotMeasured,
}

/// <summary>One machine-checkable sentence of an expectation: a metric of some cells, or its ratio to other cells, against a limit.</summary>
/// <remarks>Judged by the median over repeats; a ratio is taken between runs of the same repeat and of cells that differ in
/// the compared axes only. Where several cells (or pairs) match, the worst of them decides.</remarks>
public sealed record Check
{
    /// <summary>The sentence: <c>sendfile needs at most 0.6 of the CPU per GB of positioned</c>.</summary>
    public required string Name { get; init; }

    /// <summary>A name from <see cref="Metric.All"/>.</summary>
    public required string Metric { get; init; }

    /// <summary>Which cells: axis name to value, as <see cref="CellSelector"/> matches it; empty means all.</summary>
    public IReadOnlyDictionary<string, string> Of { get; init; } = new Dictionary<string, string>();

    /// <summary>When set, the ratio of <see cref="Of"/> to these cells is judged instead of the value.</summary>
    public IReadOnlyDictionary<string, string>? RatioTo { get; init; }

    /// <summary>When set, that ratio is judged as so many times the ratio between these: what one loses, against what another does.</summary>
    public CellRatio? Against { get; init; }

    public required CheckBound Bound { get; init; }

    /// <summary>One run that meets it is enough: for what must show itself now and then, of a <see cref="Metric.IsFault"/> metric.</summary>
    public bool InSomeRun { get; init; }

    /// <summary>The number of the claim that falls when this is not met; null for a plain expectation.</summary>
    public int? Claim { get; init; }

    /// <summary>In the metric's unit, or a plain ratio.</summary>
    public required double Limit { get; init; }

    public bool IsMetBy(double value) => Bound == CheckBound.AtMost ? value <= Limit : value >= Limit;
}

/// <summary>One cell's figure by another's, each matched as <see cref="CellSelector"/> does.</summary>
public sealed record CellRatio(IReadOnlyDictionary<string, string> Of, IReadOnlyDictionary<string, string> To);

/// <summary>How a check came out: the deciding figure in the metric's unit (or the ratio, null when not measured), and the same for
/// people with unit, interval and number of runs.</summary>
public sealed record CheckOutcome(string Name, CheckVerdict Verdict, double? Value, string Figure)
{
    /// <summary>The claim it decides, see <see cref="Check.Claim"/>.</summary>
    public int? Claim { get; init; }

    /// <summary>The figure in its parts; null when there is none, and in folders of before this was kept.</summary>
    public CheckFigure? Parts { get; init; }

    [JsonIgnore]
    public string VerdictText => Verdict switch
    {
        CheckVerdict.Met => "met",
        CheckVerdict.FellShort => "fell short",
        _ => "not measured",
    };
}

/// <summary>The figure that decided a check, in the metric's unit or as a ratio.</summary>
/// <param name="Value">The middle over the repeats.</param>
/// <param name="Low">Where its interval begins.</param>
/// <param name="High">Where it ends.</param>
/// <param name="Interval">What the interval is and of how many runs: <c>lowest to highest, n = 3</c>.</param>
/// <param name="Bound">On which side of the limit it had to be.</param>
/// <param name="Limit">The limit.</param>
/// <param name="Unit">The unit of all four; <see cref="RatioUnit"/> for a ratio.</param>
/// <param name="What">The cell or the pair that decided.</param>
public sealed record CheckFigure(double Value, double Low, double High, string Interval, CheckBound Bound, double Limit, string Unit, string What)
{
    /// <summary>What is written behind a ratio: <c>0.41x</c>.</summary>
    public const string RatioUnit = "x";

    /// <summary>A value of it with its unit.</summary>
    public string Text(double value) => Unit == RatioUnit ? Figure.Plain(value) + RatioUnit : Figure.Text(value, Unit);

    [JsonIgnore]
    public string IntervalText => $"[{Figure.Number(Low, Unit)}, {Figure.Number(High, Unit)}]";

    [JsonIgnore]
    public string LimitText => $"{(Bound == CheckBound.AtMost ? "at most" : "at least")} {Text(Limit)}";
}
