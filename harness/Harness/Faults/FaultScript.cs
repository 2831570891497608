using Engine.Core.Strategies;

namespace Harness.Faults;

/// <summary>What goes wrong in the runs of a plan: steps, some of which leave a moment or a victim to each run's seed.</summary>
/// <remarks>
/// Written as steps joined by semicolons: <c>kill(leader|controller, at=2s..4s); cut(follower, at=6s)</c>. A run draws a moment from
/// each window, to the millisecond, and one of each group of words. What it drew stands in its result as steps that are a script
/// themselves, so that the same faults can be had again.
/// </remarks>
public sealed class FaultScript
{
    /// <summary>What a plan says in which nothing goes wrong.</summary>
    public const string None = "none";

    private readonly IReadOnlyList<OpenStep> _steps;

    private FaultScript(IReadOnlyList<OpenStep> steps)
    {
        _steps = steps;
        Text = steps.Count == 0 ? None : string.Join("; ", steps.Select(step => step.Text));
        Needs = Steps.Aggregate(FaultNeeds.None, (needs, step) => needs | step.Fault.Needs);
    }

    /// <summary>The script of a plan in which nothing goes wrong.</summary>
    public static FaultScript Empty { get; } = new([]);

    /// <summary>As <see cref="Parse"/> reads it, with every parameter that the steps have.</summary>
    public string Text { get; }

    public bool IsEmpty => _steps.Count == 0;

    /// <summary>What the nodes must stand on, whatever is drawn.</summary>
    public FaultNeeds Needs { get; }

    /// <summary>Every step that may be drawn, of windows their two ends.</summary>
    internal IEnumerable<FaultStep> Steps => _steps.SelectMany(step => step.Ends);

    /// <summary>Reads a script: <c>none</c>, or steps joined by semicolons.</summary>
    /// <exception cref="StrategyException">A step is wrong; the message says what is allowed.</exception>
    public static FaultScript Parse(string text) => text.Trim() is None or ""
        ? Empty
        : new([.. text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(OpenStep.Parse)]);

    /// <summary>The steps of one run.</summary>
    /// <param name="seed">The same seed draws the same.</param>
    public IReadOnlyList<FaultStep> Draw(ulong seed) => [.. _steps.Select((step, number) => step.Draw(seed, number))];

    public override string ToString() => Text;

    /// <summary>What keeps these steps from being taken on such a cluster in such a time, a sentence each.</summary>
    internal IEnumerable<string> Problems(int nodes, int replication, bool hasStore, TimeSpan measure)
    {
        foreach (var step in Steps)
        {
            if (step.At >= measure)
                yield return $"faults: {step.Text} begins after the measured time, which is {Quantity.Format(measure)}.";
            foreach (var target in new[] { step.Target, step.Fault.Peers ?? step.Target }.Distinct())
            {
                if (target.Kind == FaultTargetKind.Node && target.Node > nodes)
                    yield return $"faults: {step.Text} names {target}; cluster.nodes is {nodes}.";
                if (target.Kind is FaultTargetKind.Follower or FaultTargetKind.Followers && replication < 2)
                    yield return $"faults: {step.Text} needs a follower; cluster.replication is {replication}.";
                if (target.Kind is FaultTargetKind.Store or FaultTargetKind.Cluster && !hasStore)
                    yield return $"faults: {step.Text}: the nodes share a folder, which no cut reaches; cluster.store=etcd gives them a store on the network.";
            }
        }

        foreach (var step in Steps.Where(step => step.Fault is DelayFault { From.Kind: FaultTargetKind.Clients or FaultTargetKind.Store or FaultTargetKind.Cluster }))
            yield return $"faults: {step.Text}: only links between brokers can be slow, others only cut.";

        // A proxied link runs by way of the proxy's address, so that a cut between two nodes would not meet it.
        if (Steps.Any(step => step.Fault is CutFault) && Needs.HasFlag(FaultNeeds.Proxies))
            yield return "faults: cut and delay or loss cannot be in one plan.";
    }
}
