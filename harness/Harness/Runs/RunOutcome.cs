using Harness.Load;
using Harness.Results;

namespace Harness.Runs;

/// <summary>All that a run leaves in the result.</summary>
/// <param name="Row">Its line of the table.</param>
/// <param name="Latency">Its latencies; null where none were recorded.</param>
/// <param name="Timeline">The run second by second.</param>
internal sealed record RunOutcome(RunRow Row, Histogram? Latency, IReadOnlyList<TimelinePoint> Timeline)
{
    /// <summary>The faults as they happened.</summary>
    public IReadOnlyList<FaultRecord> Faults { get; init; } = [];

    /// <summary>Acknowledgements finer than the timeline; kept where there were faults.</summary>
    public IReadOnlyList<AckPoint> Acks { get; init; } = [];
}
