namespace Harness.Faults;

/// <summary>A step as it is written, in its parts and whatever they say: <c>kill(leader, at=2s)</c>.</summary>
/// <param name="Name">The fault's name.</param>
/// <param name="Arguments">Its parameters in their order.</param>
internal sealed record StepText(string Name, IReadOnlyList<(string Key, string Value)> Arguments)
{
    /// <summary>The one parameter that is written without its key, as it stands first.</summary>
    private const string Target = "target";

    /// <summary>Takes a step apart; null where it has no such form.</summary>
    public static StepText? Read(string text)
    {
        var trimmed = text.Trim();
        var open = trimmed.IndexOf('(', StringComparison.Ordinal);
        if (open < 0 || !trimmed.EndsWith(')')) return open < 0 ? new(trimmed, []) : null;

        var arguments = trimmed[(open + 1)..^1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(argument =>
            argument.IndexOf('=', StringComparison.Ordinal) is >= 0 and var equals
                ? (argument[..equals].TrimEnd(), argument[(equals + 1)..].TrimStart())
                : (Target, argument));
        return new(trimmed[..open].TrimEnd(), [.. arguments]);
    }

    public string ValueOf(string key) => Arguments.First(argument => argument.Key == key).Value;

    /// <summary>The same step with another value of a parameter that it has.</summary>
    public StepText With(string key, string value) =>
        this with { Arguments = [.. Arguments.Select(argument => argument.Key == key ? (key, value) : argument)] };

    public override string ToString() =>
        $"{Name}({string.Join(", ", Arguments.Select(argument => argument.Key == Target ? argument.Value : $"{argument.Key}={argument.Value}"))})";
}
