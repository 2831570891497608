using System.Globalization;

namespace Harness.Plans;

/// <summary>Rates as people write them: <c>500000</c>, <c>500k</c>, <c>1.5M</c> records a second.</summary>
public static class Rates
{
    /// <summary>The records a second; null for a text that is no number above 0.</summary>
    public static double? Parse(string text)
    {
        var factor = text.Length == 0 ? 1 : text[^1] switch { 'k' => 1e3, 'M' => 1e6, _ => 1 };
        var number = factor == 1 ? text : text[..^1];
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate) && rate > 0 && double.IsFinite(rate)
            ? Math.Round(rate * factor, 3)
            : null;
    }

    /// <summary>As settings and axes hold it: <c>1500000</c>.</summary>
    public static string Text(double rate) => rate.ToString("0.###", CultureInfo.InvariantCulture);

    /// <summary>Texts of <see cref="Text"/> in a list between commas; a closed loop keeps its word.</summary>
    /// <exception cref="FormatException">One of them is no rate.</exception>
    public static string[] ParseList(string text) =>
    [
        .. text.Split(',', StringSplitOptions.TrimEntries).Select(part =>
            part == PlanSettings.Unlimited ? part
            : Parse(part) is { } rate ? Text(rate)
            : throw new FormatException(
                $"'{part}' is no rate: write numbers above 0 between commas, such as 100k,200k,1M, and {PlanSettings.Unlimited} for a closed loop")).Distinct(),
    ];
}
