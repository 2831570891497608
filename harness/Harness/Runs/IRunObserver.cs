using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Harness.Runs;

/// <summary>Is told what a campaign does while it does it. Called from several threads, one call at a time.</summary>
public interface IRunObserver
{
    /// <summary>Before anything is started.</summary>
    /// <param name="campaign">What is measured.</param>
    /// <param name="runs">How many runs it will be at the least; 0 where nobody can know.</param>
    /// <param name="folder">The result.</param>
    void CampaignStarts(Campaign campaign, int runs, string folder);

    /// <param name="run">What is measured now.</param>
    /// <param name="number">Which run it is, from 1.</param>
    /// <param name="total">How many there are; 0 where nobody can know.</param>
    void RunStarts(ScheduledRun run, int number, int total);

    /// <summary>The run has come to this point: <c>warming up</c>.</summary>
    void Step(string what);

    /// <summary>Another second of load.</summary>
    void Second(LoadSecond second);

    void RunEnds(RunRow row);
}
