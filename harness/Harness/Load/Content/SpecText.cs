using System.Globalization;
using Engine.Core.Strategies;

namespace Harness.Load.Content;

/// <summary>A text such as <c>lognormal(median=200B, sigma=1)</c>: a name and parameters, each by its key or in its place.</summary>
internal sealed class SpecText
{
    private readonly string _text;
    private readonly Dictionary<string, string> _values = [];

    private SpecText(string text, string name)
    {
        _text = text;
        Name = name;
    }

    public string Name { get; }

    /// <param name="text">What was written.</param>
    /// <param name="keysOf">The parameters that a name has, in order; null for an unknown name.</param>
    /// <exception cref="FormatException">The text names nothing known, or its parameters are not exactly those of its name.</exception>
    public static SpecText Parse(string text, Func<string, string[]?> keysOf)
    {
        var open = text.IndexOf('(', StringComparison.Ordinal);
        if (open >= 0 && !text.EndsWith(')')) throw new FormatException($"'{text}' lacks its closing parenthesis");

        var spec = new SpecText(text, (open < 0 ? text : text[..open]).Trim());
        var keys = keysOf(spec.Name) ?? throw new FormatException($"'{text}' is not known");
        var parts = open < 0 ? [] : text[(open + 1)..^1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != keys.Length)
            throw new FormatException($"'{text}': {spec.Name} takes {(keys.Length == 0 ? "no parameters" : string.Join(", ", keys))}");

        for (var i = 0; i < parts.Length; i++) spec.Add(parts[i], keys, i);
        return spec;
    }

    public string Text(string key) => _values[key];

    public long Bytes(string key) =>
        Quantity.ParseBytes(_values[key]) ?? throw new FormatException($"'{_text}': {_values[key]} is not a size such as 100B");

    public double Number(string key) =>
        double.TryParse(_values[key], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number : throw new FormatException($"'{_text}': {_values[key]} is not a number of at least 0");

    private void Add(string part, string[] keys, int place)
    {
        var equals = part.IndexOf('=', StringComparison.Ordinal);
        var key = equals < 0 ? keys[place] : part[..equals].Trim();
        if (!keys.Contains(key) || !_values.TryAdd(key, part[(equals + 1)..].Trim()))
            throw new FormatException($"'{_text}': {Name} takes {string.Join(", ", keys)}, each once");
    }
}
