using Harness.Results;

namespace Harness.Runs;

/// <summary>One run of one cell, whatever is measured in it.</summary>
internal interface IRun
{
    /// <summary>The settings each node told when it was ready; empty until then, and where there is no node.</summary>
    IReadOnlyList<NodeConfiguration> Configurations { get; }

    /// <summary>Makes the run. What goes wrong is in the row, which is unsound then; no process and no data is left.</summary>
    /// <exception cref="OperationCanceledException">It was stopped; no process and no data is left.</exception>
    Task<RunOutcome> Measure();
}
