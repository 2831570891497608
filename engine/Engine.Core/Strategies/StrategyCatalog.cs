namespace Engine.Core.Strategies;

/// <summary>The strategies of one seam by name: the only place that knows them all.</summary>
/// <param name="seam">The seam's name as the command line writes it: <c>flush</c>, <c>read</c>, ….</param>
/// <param name="entries">Name, one sentence for people, and the factory of each strategy; the first is the default.</param>
public sealed class StrategyCatalog<T>(string seam, params StrategyCatalog<T>.Entry[] entries) : IStrategyCatalog
    where T : class
{
    public sealed record Entry(string Name, string Summary, Func<StrategySpec, T> Create);

    public string Seam => seam;

    public string Default => entries[0].Name;

    public IReadOnlyList<(string Name, string Summary)> Strategies => [.. entries.Select(entry => (entry.Name, entry.Summary))];

    /// <summary>Makes the strategy that <paramref name="text"/> names.</summary>
    /// <exception cref="StrategyException">Unknown name or parameter; the message lists what there is.</exception>
    public Strategy<T> Create(string text)
    {
        var spec = StrategySpec.Parse(text);
        var entry = Array.Find(entries, candidate => candidate.Name == spec.Name) ?? throw new StrategyException(
            $"there is no {seam} strategy '{spec.Name}': choose {string.Join(", ", entries.Select(e => e.Name))}.");
        var strategy = entry.Create(spec);
        return new Strategy<T>(strategy, spec.Resolved());
    }

    public string Resolve(string text) => Create(text).Label;
}

/// <summary>A catalog seen without its strategy type: enough to list and to check.</summary>
public interface IStrategyCatalog
{
    string Seam { get; }

    string Default { get; }

    IReadOnlyList<(string Name, string Summary)> Strategies { get; }

    /// <summary>The text with all parameters filled in.</summary>
    /// <exception cref="StrategyException">Unknown name or parameter; the message lists what there is.</exception>
    string Resolve(string text);
}

/// <summary>A strategy and its resolved text, which is its label everywhere.</summary>
public readonly record struct Strategy<T>(T Instance, string Label);
