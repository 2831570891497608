using System.Globalization;

namespace Harness.Results;

/// <summary>Numbers as people read them: three significant digits, the prefix that keeps them short, the unit.</summary>
public static class Figure
{
    private static readonly (double Factor, string Prefix)[] Prefixes = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1, "")];

    /// <summary><c>1.25M records/s</c>, <c>0.45 ms</c>, <c>312 MB/s</c>, <c>0.58</c>.</summary>
    public static string Text(double value, string unit) => unit switch
    {
        "" => Plain(value),
        "ms" when Math.Abs(value) >= 10_000 => Plain(value / 1e3) + " s",
        "ms" when Math.Abs(value) is > 0 and < 0.01 => Plain(value * 1e3) + " us",
        "MB/s" when Math.Abs(value) >= 10_000 => Plain(value / 1e3) + " GB/s",
        _ when IsCounted(unit) => Prefixed(value) + " " + unit,
        _ => Plain(value) + " " + unit,
    };

    /// <summary>The same without the unit, for an axis or a column that names it.</summary>
    public static string Number(double value, string unit) => IsCounted(unit) ? Prefixed(value) : Plain(value);

    /// <summary>Records and calls come in thousands and millions; a unit that has its own prefix (MB/s) takes none.</summary>
    private static bool IsCounted(string unit) => unit.StartsWith("records", StringComparison.Ordinal) || unit.StartsWith("operations", StringComparison.Ordinal);

    /// <summary>Three significant digits and an SI prefix: <c>1.25M</c>, <c>500k</c>.</summary>
    public static string Prefixed(double value)
    {
        if (!double.IsFinite(value)) return "–";

        // 999,950 is 1.00M, not 1000k: rounded before the prefix is chosen.
        var rounded = Rounded(value);
        var (factor, prefix) = Prefixes.FirstOrDefault(p => Math.Abs(rounded) >= p.Factor, (1, ""));
        return Plain(rounded / factor) + prefix;
    }

    /// <summary>All digits that are there and no more, for numbers people chose: <c>1M</c>, <c>1.25M</c>, <c>100k</c>, <c>1,500</c>.</summary>
    public static string Exact(double value)
    {
        // Thousands below ten thousand read better in full: 1,500 rather than 1.5k.
        var (factor, prefix) = Prefixes.FirstOrDefault(p => Math.Abs(value) >= (p.Prefix == "k" ? 10 * p.Factor : p.Factor), (1, ""));
        return Math.Round(value / factor, 9).ToString("#,0.#########", CultureInfo.InvariantCulture) + prefix;
    }

    /// <summary>Three significant digits, no exponent; thousands apart.</summary>
    public static string Plain(double value)
    {
        if (!double.IsFinite(value)) return "–";
        if (value == 0) return "0";

        var rounded = Rounded(value);
        var decimals = Math.Clamp(2 - (int)Math.Floor(Math.Log10(Math.Abs(rounded))), 0, 9);
        return rounded.ToString("N" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    private static double Rounded(double value)
    {
        if (value == 0) return 0;

        var unit = Math.Pow(10, Math.Floor(Math.Log10(Math.Abs(value))) - 2);
        return Math.Round(value / unit) * unit;
    }
}
