using System.Globalization;

namespace Harness.Results;

/// <summary>What was asked, what was expected and how it was measured: <c>plan.json</c>.</summary>
/// <remarks>Written before the first run, so that the expectation is on disk before any number is; written again at the end
/// with <see cref="Outcomes"/> and <see cref="Finished"/>. A folder without <see cref="Finished"/> is a campaign that was cut off.</remarks>
public sealed record ResultPlan
{
    public const int CurrentFormat = 1;

    /// <summary>Version of the folder's layout; readers refuse a newer one.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Short id, also the name of the folder above: <c>E01</c>, <c>quick</c>.</summary>
    public required string Experiment { get; init; }

    public required string Title { get; init; }

    public required string Question { get; init; }

    /// <summary>The prediction in words, made before the run.</summary>
    public required string Expectation { get; init; }

    /// <summary>The part of the expectation that a program can judge.</summary>
    public IReadOnlyList<Check> Checks { get; init; } = [];

    /// <summary>Claims of others that the checks decide.</summary>
    public IReadOnlyList<Claim> Claims { get; init; } = [];

    /// <summary>How the checks came out; empty until the campaign ends.</summary>
    public IReadOnlyList<CheckOutcome> Outcomes { get; init; } = [];

    /// <summary>What was varied, in the order in which the experiment names it.</summary>
    public required IReadOnlyList<AxisFacts> Axes { get; init; }

    /// <summary>Every combination that was to be measured, in the plan's order.</summary>
    public required IReadOnlyList<CellFacts> Cells { get; init; }

    public required ScheduleFacts Schedule { get; init; }

    /// <summary>The load as text facts: arrival, record size, batch, acks, keys, connections, ….</summary>
    public IReadOnlyDictionary<string, string> Load { get; init; } = new Dictionary<string, string>();

    /// <summary>The cluster as text facts: nodes, replication, partitions, min.insync.replicas, ….</summary>
    public IReadOnlyDictionary<string, string> Cluster { get; init; } = new Dictionary<string, string>();

    /// <summary>Seed of everything random: order of runs, arrivals, keys.</summary>
    public required int Seed { get; init; }

    /// <summary>Configuration as the nodes reported it while they ran, not as they were asked for.</summary>
    public IReadOnlyList<NodeConfiguration> Nodes { get; init; } = [];

    public IReadOnlyList<ChartRequest> Charts { get; init; } = [];

    /// <summary>What was changed of the experiment, as given to <c>--set</c>; null in folders of before this was kept.</summary>
    public IReadOnlyList<string>? Overrides { get; init; }

    /// <summary>How much time it was given, as <see cref="Plans.Profile"/> names it; null in folders of before there were profiles.</summary>
    public string? Profile { get; init; }

    /// <summary>The command line that repeats this campaign.</summary>
    public required string Command { get; init; }

    public required DateTimeOffset Started { get; init; }

    public DateTimeOffset? Finished { get; init; }

    /// <summary>When it was gone on with after having been cut off; empty for a campaign made in one go.</summary>
    public IReadOnlyList<ResumeFacts> Resumed { get; init; } = [];

    /// <summary>What a search for a rate was after and what it found; null where nothing was searched for.</summary>
    public SaturationFacts? Saturation { get; init; }

    /// <summary>Why no more repeats were made, where precision or a budget decided it; null where the plan's number did.</summary>
    public string? RepeatsEnded { get; init; }

    /// <summary>A cell as people read it: its values in the order of the axes, numbers with their units.</summary>
    public string LabelOf(IReadOnlyDictionary<string, string> values) => values.Count == 0
        ? Title
        : string.Join(" · ", values.Select(value => Axes.FirstOrDefault(axis => axis.Name == value.Key)?.TextOf(value.Value) ?? value.Value));

    /// <summary>What a search found for one combination, in a sentence that names it and what limited the runs that missed.</summary>
    public string InWords(SaturationFound found) => (found.Values.Count > 0 ? LabelOf(found.Values) + ": " : "")
        + found.Text(Saturation!.Target) + (found.Limit.Length > 0 ? $" ({found.Limit})" : "");

    /// <summary>Things a reader must know to judge the numbers, one sentence each.</summary>
    public IReadOnlyList<string> Caveats { get; init; } = [];
}

/// <summary>One thing that was varied.</summary>
/// <param name="Name">As the experiment names it: <c>flush</c>, <c>read</c>, <c>rate</c>.</param>
/// <param name="Values">Resolved texts in the experiment's order; charts keep this order.</param>
/// <param name="Unit">Unit of a numeric axis, such as <c>records/s</c>, empty for plain counts; null for names.</param>
public sealed record AxisFacts(string Name, IReadOnlyList<string> Values, string? Unit = null)
{
    /// <summary>What values are called where their texts are for programs; a value that is not named here shows its text.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>A value as people read it: <c>1000000</c> on an axis in records/s is <c>1M records/s</c>, <c>4</c> on one named consumers
    /// without unit is <c>consumers 4</c>; a name stays what it is, or is what <see cref="Labels"/> calls it.</summary>
    public string TextOf(string value)
    {
        if (Labels.TryGetValue(value, out var label)) return label;
        if (Unit is null || !double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) return value;

        return Unit.Length == 0 ? $"{Name} {Figure.Exact(number)}" : $"{Figure.Exact(number)} {Unit}";
    }
}

/// <summary>One combination of axis values.</summary>
/// <param name="Id">File-name safe and unique within the plan: <c>c01-sendfile-hot</c>.</param>
/// <param name="Values">Axis name to resolved text.</param>
public sealed record CellFacts(string Id, IReadOnlyDictionary<string, string> Values)
{
    private const int IdLengthMax = 60;

    /// <summary>The values in axis order, <c>sendfile · hot · 4</c>; <see cref="ResultPlan.LabelOf"/> adds units.</summary>
    public string Label => Values.Count == 0 ? Id : string.Join(" · ", Values.Values);

    /// <summary>A cell with an id made of its number in the plan (from 1) and its values.</summary>
    public static CellFacts Of(int number, IReadOnlyDictionary<string, string> values)
    {
        // The number alone makes it unique; the words are for people who look into the folder.
        var words = string.Concat(string.Join('-', values.Values).ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) || c == '.' ? c : '-'));
        while (words.Contains("--", StringComparison.Ordinal)) words = words.Replace("--", "-", StringComparison.Ordinal);
        var id = FormattableString.Invariant($"c{number:00}-{words}");
        return new CellFacts(id[..Math.Min(id.Length, IdLengthMax)].TrimEnd('-', '.'), values);
    }
}

/// <summary>Times of one run, the number of runs of each cell, and their order in words: <c>interleaved, shuffled within each repeat</c>.</summary>
public sealed record ScheduleFacts(double WarmupSeconds, double MeasureSeconds, int Repeats, string Order)
{
    /// <summary>How well each median was to be known, as a share of it; null where it was not asked for.</summary>
    public double? Precision { get; init; }

    /// <summary>What the campaign might take to reach it; null where <see cref="Repeats"/> alone decided.</summary>
    public double? BudgetSeconds { get; init; }
}

/// <summary>What one node said about itself while it served a cell.</summary>
public sealed record NodeConfiguration(string Cell, int Node, IReadOnlyDictionary<string, string> Settings);
