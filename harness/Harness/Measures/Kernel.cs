using System.Globalization;

namespace Harness.Measures;

/// <summary>How the files under <c>/proc</c> are written (proc(5)).</summary>
internal static class Kernel
{
    /// <summary>
    /// The kernel shows times to user space in units of 1/100 s on every architecture .NET runs on (USER_HZ), whatever its own
    /// tick is; the sum is scaled to the precise run time before it is rounded.
    /// </summary>
    private const int UserHz = 100;

    public static TimeSpan Ticks(long ticks) => TimeSpan.FromTicks(ticks * (TimeSpan.TicksPerSecond / UserHz));

    /// <summary>The number behind <c>name:</c> at the start of a line; a unit after it is left to the caller.</summary>
    /// <exception cref="FormatException">No line starts so.</exception>
    public static long Field(string text, string name)
    {
        var value = Text(text, name).AsSpan();
        var end = value.IndexOf(' ');
        return long.Parse(end < 0 ? value : value[..end], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
    }

    /// <summary>What stands behind <c>name:</c> at the start of a line.</summary>
    /// <exception cref="FormatException">No line starts so.</exception>
    public static string Text(string text, string name)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
            if (line.Length > name.Length && line[name.Length] == ':' && line.StartsWith(name, StringComparison.Ordinal))
                return line[(name.Length + 1)..].Trim().ToString();

        throw new FormatException($"there is no '{name}:' in\n{text}");
    }
}
