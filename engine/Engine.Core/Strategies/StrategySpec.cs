using System.Globalization;
using System.Text;

namespace Engine.Core.Strategies;

/// <summary>A strategy by name with its parameters, as written: <c>group-commit(maxDelay=2ms, maxBytes=1MiB)</c>.</summary>
/// <remarks>
/// The one text that an experiment says, the broker's command line takes, a result row carries and a chart shows. A value
/// without a key belongs to the first parameter the strategy asks for: <c>interval(100ms)</c>. Sizes and durations carry
/// their unit. The strategy's <c>Create</c> reads its parameters through the typed getters; what it did not read is an error.
/// </remarks>
public sealed class StrategySpec
{
    private readonly Dictionary<string, string> _given = new(StringComparer.Ordinal);
    private readonly List<(string Key, string Value)> _resolved = [];
    private string? _positional;

    private StrategySpec(string name) => Name = name;

    /// <summary>The name before the parentheses.</summary>
    public string Name { get; }

    /// <summary>Parses <paramref name="text"/>.</summary>
    /// <exception cref="StrategyException">The text is not <c>name</c> or <c>name(key=value, …)</c>.</exception>
    public static StrategySpec Parse(string text)
    {
        var trimmed = text.Trim();
        var open = trimmed.IndexOf('(', StringComparison.Ordinal);
        var name = (open < 0 ? trimmed : trimmed[..open]).Trim();
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            throw new StrategyException($"'{text}' is not a strategy: write name or name(key=value, key=value).");

        var spec = new StrategySpec(name);
        if (open < 0) return spec;

        if (!trimmed.EndsWith(')'))
            throw new StrategyException($"'{text}' lacks its closing parenthesis.");

        foreach (var part in trimmed[(open + 1)..^1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            spec.Add(part, text);
        return spec;
    }

    /// <summary>A time span such as <c>2ms</c>, <c>100us</c> or <c>1.5s</c>.</summary>
    public TimeSpan Duration(string key, TimeSpan defaultValue) =>
        Get(key, defaultValue, Quantity.ParseDuration, Quantity.Format);

    /// <summary>A size such as <c>64KiB</c> or <c>1MiB</c>, in bytes.</summary>
    public long Bytes(string key, long defaultValue) =>
        Get(key, defaultValue, Quantity.ParseBytes, Quantity.FormatBytes);

    /// <summary>A whole number of at least <paramref name="min"/>.</summary>
    public int Count(string key, int defaultValue, int min = 1) =>
        Get(key, defaultValue, text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= min ? n : null,
            n => n.ToString(CultureInfo.InvariantCulture), $"a whole number of at least {min}");

    /// <summary>A value of a form of its own.</summary>
    /// <param name="key">The parameter.</param>
    /// <param name="defaultValue">What it is when it is not given.</param>
    /// <param name="parse">Reads it; null for what is none.</param>
    /// <param name="format">Writes it as <paramref name="parse"/> reads it.</param>
    /// <param name="expected">What is allowed, in words: <c>leader, follower or all</c>.</param>
    public T Value<T>(string key, T defaultValue, Func<string, T?> parse, Func<T, string> format, string expected)
        where T : struct => Get(key, defaultValue, parse, format, expected);

    /// <summary>A text without commas that <paramref name="isAllowed"/> takes.</summary>
    /// <param name="expected">What it should look like, for people.</param>
    public string Text(string key, string defaultValue, Func<string, bool> isAllowed, string expected) =>
        Get<Characters>(key, new(defaultValue), text => isAllowed(text) ? new(text) : null, text => text.Value, expected).Value;

    /// <summary>The spec with every parameter the strategy has, given or default: what a run stores and a chart shows.</summary>
    /// <exception cref="StrategyException">A given parameter was never asked for.</exception>
    public string Resolved()
    {
        var unread = _given.Keys.Where(key => _resolved.All(r => r.Key != key)).ToList();
        if (unread.Count > 0 || _positional is not null)
        {
            var known = _resolved.Count == 0 ? "it has none" : "it has " + string.Join(", ", _resolved.Select(r => r.Key));
            throw new StrategyException($"{Name} does not know the parameter {string.Join(", ", unread.Append(_positional).Where(k => k is not null))}: {known}.");
        }

        if (_resolved.Count == 0) return Name;

        var text = new StringBuilder(Name).Append('(');
        foreach (var (key, value) in _resolved) text.Append(text[^1] == '(' ? "" : ", ").Append(key).Append('=').Append(value);
        return text.Append(')').ToString();
    }

    private void Add(string part, string text)
    {
        var equals = part.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 && _positional is null && _given.Count == 0)
            _positional = part;
        else if (equals <= 0 || !_given.TryAdd(part[..equals].Trim(), part[(equals + 1)..].Trim()))
            throw new StrategyException($"'{part}' in '{text}' is not a parameter: write key=value, each key once.");
    }

    private T Get<T>(string key, T defaultValue, Func<string, T?> parse, Func<T, string> format, string? expected = null)
        where T : struct
    {
        var value = defaultValue;
        if (_given.TryGetValue(key, out var given) || (given = _positional) is not null)
        {
            value = parse(given) ?? throw new StrategyException(
                $"{Name}({key}={given}): '{given}' is not {expected ?? "a value with its unit, such as " + format(defaultValue)}.");
            if (!_given.ContainsKey(key)) _positional = null;
        }

        _resolved.Add((key, format(value)));
        return value;
    }

    // A text as a value type, as all parameters are read the same way.
    private readonly record struct Characters(string Value);
}

/// <summary>A strategy text that cannot be used; the message says what was wrong and what is allowed.</summary>
public sealed class StrategyException(string message) : Exception(message);
