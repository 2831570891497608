using System.Globalization;

namespace Harness.Plans;

/// <summary>Shares as people write them: <c>5%</c>.</summary>
public static class Share
{
    /// <summary>The share, 0.05 for <c>5%</c>; null for a text that is no percentage above 0.</summary>
    public static double? Parse(string text) =>
        text.EndsWith('%') && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent > 0
            ? percent / 100
            : null;
}
