using Engine.Core.Strategies;

namespace Harness.Faults;

/// <summary>One fault of a plan: what, whom, when after measuring began, and how long.</summary>
/// <remarks>Written <c>kill(leader, at=5s, back=2s)</c>; several are joined by semicolons.</remarks>
public sealed record FaultStep
{
    /// <summary>What a plan without faults says.</summary>
    public const string None = "none";

    private static readonly TimeSpan AtDefault = TimeSpan.FromSeconds(2);

    private FaultStep(string text, Fault fault, FaultTarget target, TimeSpan at, TimeSpan? lasts) =>
        (Text, Fault, Target, At, Lasts) = (text, fault, target, at, lasts);

    /// <summary>The step with every parameter it has, given or default.</summary>
    public string Text { get; }

    public Fault Fault { get; }

    public FaultTarget Target { get; }

    /// <summary>Since measuring began.</summary>
    public TimeSpan At { get; }

    /// <summary>How long until it is put right; null: not in this run.</summary>
    public TimeSpan? Lasts { get; }

    /// <summary>Reads one step.</summary>
    /// <exception cref="StrategyException">There is no such fault or it has no such parameter; the message says what is allowed.</exception>
    public static FaultStep Parse(string text)
    {
        var spec = StrategySpec.Parse(text);
        var kind = FaultCatalog.Find(spec.Name);
        var target = spec.Value("target", new FaultTarget(FaultTargetKind.Leader), FaultTarget.Parse, value => value.ToString(), FaultTarget.Allowed);
        var at = spec.Duration("at", AtDefault);
        TimeSpan? lasts = kind.Lasting switch
        {
            Lasting.UntilBack => spec.Value("back", kind.LastsDefault, ParseBack, FormatBack, "a duration with its unit, such as 2s, or never"),
            Lasting.ForATime => spec.Duration("for", kind.LastsDefault),
            _ => TimeSpan.Zero,
        };
        var fault = kind.Create(spec);
        // The target needs no key: it stands first, as a strategy's first parameter may.
        var resolved = spec.Resolved().Replace("(target=", "(", StringComparison.Ordinal);
        return new FaultStep(resolved, fault, target, at, lasts == Timeout.InfiniteTimeSpan ? null : lasts);
    }

    /// <summary>Reads the faults of a plan: <c>none</c>, or steps joined by semicolons.</summary>
    /// <inheritdoc cref="Parse" path="/exception"/>
    public static IReadOnlyList<FaultStep> ParseAll(string text) =>
        text.Trim() is None or "" ? [] : [.. text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Parse)];

    /// <summary>The steps as <see cref="ParseAll"/> reads them.</summary>
    public static string TextOf(IReadOnlyList<FaultStep> steps) => steps.Count == 0 ? None : string.Join("; ", steps.Select(step => step.Text));

    /// <summary>What the nodes of a plan with these steps must stand on.</summary>
    internal static FaultNeeds NeedsOf(IReadOnlyList<FaultStep> steps) => steps.Aggregate(FaultNeeds.None, (needs, step) => needs | step.Fault.Needs);

    /// <summary>What keeps these steps from being taken on such a cluster in such a time, a sentence each.</summary>
    internal static IEnumerable<string> Problems(IReadOnlyList<FaultStep> steps, int nodes, int replication, TimeSpan measure)
    {
        foreach (var step in steps)
        {
            if (step.At >= measure)
                yield return $"faults: {step.Text} begins after the measured time, which is {Quantity.Format(measure)}.";
            foreach (var target in new[] { step.Target, step.Fault.Peers ?? step.Target }.Distinct())
            {
                if (target.Kind == FaultTargetKind.Node && target.Node > nodes)
                    yield return $"faults: {step.Text} names {target}; cluster.nodes is {nodes}.";
                if (target.Kind is FaultTargetKind.Follower or FaultTargetKind.Followers && replication < 2)
                    yield return $"faults: {step.Text} needs a follower; cluster.replication is {replication}.";
            }
        }

        foreach (var step in steps.Where(step => step.Fault is DelayFault { From.Kind: FaultTargetKind.Clients }))
            yield return $"faults: {step.Text}: only links between brokers can be slow, those of clients only cut.";

        // A proxied link runs by way of the proxy's address, so that a cut between two nodes would not meet it.
        if (steps.Any(step => step.Fault is CutFault) && steps.Any(step => step.Fault.Needs.HasFlag(FaultNeeds.Proxies)))
            yield return "faults: cut and delay or loss cannot be in one plan.";
    }

    private static TimeSpan? ParseBack(string text) => text == "never" ? Timeout.InfiniteTimeSpan : Quantity.ParseDuration(text);

    private static string FormatBack(TimeSpan back) => back == Timeout.InfiniteTimeSpan ? "never" : Quantity.Format(back);
}
