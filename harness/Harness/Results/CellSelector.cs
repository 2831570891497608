namespace Harness.Results;

/// <summary>Chooses cells by axis values written the short way.</summary>
/// <remarks>A result carries resolved texts, <c>group-commit(maxDelay=2ms, maxBytes=1MiB)</c>; an experiment says
/// <c>group-commit</c> or <c>group-commit(maxDelay=2ms)</c>. A value matches when it is equal, or when it has the same name
/// and names no parameter that differs.</remarks>
public static class CellSelector
{
    public static bool Matches(IReadOnlyDictionary<string, string> wanted, IReadOnlyDictionary<string, string> cell)
    {
        foreach (var (axis, value) in wanted)
            if (!cell.TryGetValue(axis, out var actual) || !Matches(value, actual)) return false;
        return true;
    }

    public static bool Matches(string wanted, string actual)
    {
        if (wanted == actual) return true;

        var (wantedName, wantedParts) = Split(wanted);
        var (actualName, actualParts) = Split(actual);
        return wantedName == actualName && wantedParts.All(part => actualParts.Contains(part));
    }

    private static (string Name, string[] Parts) Split(string text)
    {
        var open = text.IndexOf('(', StringComparison.Ordinal);
        if (open < 0 || !text.EndsWith(')')) return (text, []);

        var parts = text[(open + 1)..^1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return (text[..open].Trim(), [.. parts.Select(part => string.Concat(part.Where(c => c != ' ')))]);
    }
}
