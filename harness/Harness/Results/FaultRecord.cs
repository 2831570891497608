namespace Harness.Results;

/// <summary>A fault as it happened: a line of <c>faults/CELL-REPEAT.csv</c>.</summary>
public sealed record FaultRecord
{
    private const double SettlingSeconds = 0.1; // What bringing about a fault or putting it right takes.

    /// <summary>As the plan had it: <c>kill(leader, at=5s, back=2s)</c>.</summary>
    public required string Fault { get; init; }

    /// <summary>The nodes it happened to, apart by spaces.</summary>
    public required string Nodes { get; init; }

    /// <summary>Seconds since measuring began, by the monotonic clock.</summary>
    public required double BeganSecond { get; init; }

    /// <summary>When it was over: a node that was killed takes requests again. Null: it was not.</summary>
    public double? HealedSecond { get; init; }

    /// <summary>The fault in short, with whom it met: <c>kill node 2</c>.</summary>
    public string Label => $"{Fault[..(Fault.IndexOf('(', StringComparison.Ordinal) is > 0 and var open ? open : Fault.Length)]} "
        + $"node{(Nodes.Contains(' ', StringComparison.Ordinal) ? "s" : "")} {Nodes.Replace(" ", ", ", StringComparison.Ordinal)}";

    /// <summary>Whether the fault was there all the time that was measured: a circumstance, then, and nothing that a run goes through.</summary>
    public bool StandsThroughout(double measuredSeconds) =>
        BeganSecond <= SettlingSeconds && (HealedSecond is null || HealedSecond >= measuredSeconds - SettlingSeconds);
}
