using System.Globalization;

namespace Harness.Charts;

/// <summary>Where an axis is marked: round values and their labels.</summary>
/// <param name="At">In the axis's values.</param>
/// <param name="Label">Empty for a minor mark.</param>
internal sealed record Tick(double At, string Label);

internal static class Ticks
{
    /// <summary>About <paramref name="count"/> steps of 1, 2 or 5 times a power of ten that cover the range.</summary>
    public static IReadOnlyList<Tick> Linear(double min, double max, int count)
    {
        var step = RoundStep((max - min) / count);
        var first = Math.Floor((min / step) + 1e-9);
        var steps = (int)Math.Ceiling(((max / step) - first) - 1e-9);
        return [.. Enumerable.Range(0, Math.Max(steps, 1) + 1).Select(i => (first + i) * step).Select(at => new Tick(at, Label(at, step)))];
    }

    /// <summary>Powers of ten with 2 and 5 between; labelled all when they are few, otherwise the powers only.</summary>
    public static IReadOnlyList<Tick> Log(double min, double max)
    {
        var from = (int)Math.Floor(Math.Log10(min));
        var to = (int)Math.Ceiling(Math.Log10(max));
        var all = Enumerable.Range(from, to - from + 1).SelectMany(power => new[] { 1, 2, 5 }.Select(digit => (Digit: digit, At: digit * Math.Pow(10, power)))).ToList();
        var start = all.FindLastIndex(tick => tick.At <= min * (1 + 1e-9));
        var end = all.FindIndex(tick => tick.At >= max * (1 - 1e-9));
        var kept = all[Math.Max(start, 0)..((end < 0 ? all.Count - 1 : end) + 1)];
        var labelAll = kept.Count <= 10;
        return [.. kept.Select(tick => new Tick(tick.At, labelAll || tick.Digit == 1 ? Label(tick.At, 0) : ""))];
    }

    /// <summary>0, 50, 90 %, then a nine more each, up to the first beyond <paramref name="max"/>, a fraction below 1.</summary>
    public static IReadOnlyList<Tick> Percentile(double max)
    {
        var ticks = new List<Tick> { new(0, "0 %"), new(0.5, "50 %"), new(0.9, "90 %") };
        for (var nines = 2; nines <= 9 && ticks[^1].At < max; nines++)
        {
            var digits = new string('9', nines);
            ticks.Add(new Tick(1 - Math.Pow(10, -nines), (nines == 2 ? digits : digits[..2] + "." + digits[2..]) + " %"));
        }

        return ticks;
    }

    /// <summary>A round number without needless digits: <c>250k</c>, <c>1.5M</c>, <c>0.05</c>; <paramref name="step"/> says which digits matter.</summary>
    public static string Label(double value, double step)
    {
        if (value == 0) return "0";

        // One prefix for the whole axis is not needed: 500k, 1M, 1.5M read well.
        var size = Math.Abs(value);
        var (factor, prefix) = size >= 1e9 ? (1e9, "G") : size >= 1e6 ? (1e6, "M") : size >= 1e5 || (size >= 1e3 && step >= 1e3) ? (1e3, "k") : (1, "");
        return Math.Round(value / factor, 9).ToString("#,0.#########", CultureInfo.InvariantCulture) + prefix;
    }

    private static double RoundStep(double raw)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var digit = raw / power;
        return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
    }
}
