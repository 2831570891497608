namespace Harness.Publishing;

/// <summary>The part of a text file that a program writes, between two comments that stay.</summary>
public static class MarkedBlock
{
    /// <summary>The text with what stands between the marks of <paramref name="name"/> replaced.</summary>
    /// <exception cref="FormatException">The text does not have both marks, in their order, once; the message says what they look like.</exception>
    public static string Replace(string text, string name, string content)
    {
        var (begin, end) = (Begin(name), End(name));
        var from = text.IndexOf(begin, StringComparison.Ordinal);
        var to = text.IndexOf(end, StringComparison.Ordinal);
        if (from < 0 || to < from || text.LastIndexOf(begin, StringComparison.Ordinal) != from || text.LastIndexOf(end, StringComparison.Ordinal) != to)
            throw new FormatException($"there must be one line {begin} and one {end} below it.");

        return $"{text[..(from + begin.Length)]}\n{content.Trim('\n')}\n{text[to..]}";
    }

    private static string Begin(string name) => $"<!-- {name}: written by testbed publish --readme -->";

    private static string End(string name) => $"<!-- end of {name} -->";
}
