using System.Globalization;

namespace Engine.Core.Strategies;

/// <summary>Sizes and durations as people write them: a number and its unit, <c>64KiB</c>, <c>2ms</c>.</summary>
public static class Quantity
{
    private static readonly (string Unit, double Ticks)[] Durations =
        [("us", TimeSpan.TicksPerMicrosecond), ("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond),
         ("min", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour), ("d", TimeSpan.TicksPerDay)];

    private static readonly (string Unit, double Bytes)[] Sizes =
        [("B", 1), ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9)];

    /// <summary>A duration of at least 0, or null when <paramref name="text"/> is none.</summary>
    public static TimeSpan? ParseDuration(string text) =>
        Parse(text, Durations) is { } ticks && ticks <= long.MaxValue / 2.0 ? new TimeSpan((long)Math.Round(ticks)) : null;

    /// <summary>A size of at least 0 in bytes, or null when <paramref name="text"/> is none.</summary>
    public static long? ParseBytes(string text) =>
        Parse(text, Sizes) is { } bytes && bytes <= long.MaxValue / 2.0 ? (long)Math.Round(bytes) : null;

    public static string Format(TimeSpan duration)
    {
        var (unit, ticks) = Durations.Last(u => u.Unit == "us" || (duration.Ticks >= u.Ticks && duration.Ticks % u.Ticks == 0));
        return (duration.Ticks / ticks).ToString(CultureInfo.InvariantCulture) + unit;
    }

    public static string FormatBytes(long bytes)
    {
        var (unit, size) = Sizes.Take(4).Last(u => u.Unit == "B" || (bytes >= u.Bytes && bytes % u.Bytes == 0));
        return (bytes / size).ToString(CultureInfo.InvariantCulture) + unit;
    }

    private static double? Parse(string text, (string Unit, double Factor)[] units)
    {
        var digits = text.AsSpan().IndexOfAnyExcept("0123456789.");
        if (digits <= 0) return null;

        var unit = text[digits..].Trim();
        var index = Array.FindIndex(units, u => u.Unit == unit);
        if (index < 0 || !double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return null;

        return number * units[index].Factor;
    }
}
