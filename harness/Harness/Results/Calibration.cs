using System.Text.Json.Serialization;

namespace Harness.Results;

/// <summary>What the machine can do by itself, measured in a few seconds: the limits beside which results are read.</summary>
public sealed record Calibration
{
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long each probe took, preparing not counted.</summary>
    public required double SecondsEach { get; init; }

    public required IReadOnlyList<CalibrationFigure> Figures { get; init; }

    /// <summary>Probes that this machine does not allow, and why.</summary>
    public IReadOnlyDictionary<string, string> Missing { get; init; } = new Dictionary<string, string>();

    /// <summary>What a probe gave, in its unit; null where it gave nothing.</summary>
    public double? this[string name] => Figures.FirstOrDefault(figure => figure.Name == name)?.Value;
}

/// <summary>What one probe gave: the median of its slices.</summary>
/// <param name="Name">One of <see cref="CalibrationName"/>.</param>
/// <param name="Title">What was done, for people.</param>
/// <param name="Unit">MB/s, or flushes/s.</param>
/// <param name="Value">In that unit.</param>
public sealed record CalibrationFigure(string Name, string Title, string Unit, double Value)
{
    [JsonIgnore]
    public string Text => Figure.Text(Value, Unit);
}

/// <summary>What is probed.</summary>
public static class CalibrationName
{
    public const string MemoryCopy = "memcpy";
    public const string CacheWrite = "page-cache-write";
    public const string DeviceWrite = "device-write";
    public const string Flush = "fsync";
    public const string Loopback = "loopback";
    public const string SendFile = "sendfile";
}

/// <summary>The machine's limits before and after a campaign: <c>calibration.json</c>.</summary>
/// <param name="Before">Measured before the first run.</param>
/// <param name="After">Measured after the last; null where the campaign did not end.</param>
public sealed record CampaignCalibration(Calibration Before, Calibration? After)
{
    /// <summary>A change between the two from which on the machine was not the same: a probe of a second scatters by about half of it.</summary>
    public const double DriftShare = 0.2;

    /// <summary>Every limit that moved by more than <see cref="DriftShare"/>.</summary>
    public IReadOnlyList<CalibrationDrift> Drifts =>
    [
        .. from before in Before.Figures
           let after = After?[before.Name]
           where after is not null && Math.Abs(after.Value / before.Value - 1) > DriftShare
           select new CalibrationDrift(before.Name, before.Title, before.Unit, before.Value, after.Value),
    ];

    /// <summary>The middle of what was seen; null where a probe gave nothing.</summary>
    public double? Limit(string name) => (Before[name], After?[name]) switch
    {
        ({ } before, { } after) => (before + after) / 2,
        var (before, after) => before ?? after,
    };
}

/// <summary>A limit of the machine that was another one after the campaign than before it.</summary>
public sealed record CalibrationDrift(string Name, string Title, string Unit, double Before, double After)
{
    public override string ToString() => FormattableString.Invariant(
        $"{Title} went from {Figure.Text(Before, Unit)} to {Figure.Text(After, Unit)} ({(After / Before - 1) * 100:+0;-0} %) in the course of the campaign");
}
