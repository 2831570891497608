using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Harness.Runs;

/// <summary>Is told what a campaign does while it does it. Called from several threads, one call at a time.</summary>
public interface IRunObserver
{
    /// <summary>Before anything is started.</summary>
    void CampaignStarts(Campaign campaign, string folder);

    /// <param name="run">What is measured now.</param>
    /// <param name="number">Which run it is, from 1.</param>
    /// <param name="total">How many there are.</param>
    void RunStarts(ScheduledRun run, int number, int total);

    /// <summary>The run has come to this point: <c>warming up</c>.</summary>
    void Step(string what);

    /// <summary>Another second of load.</summary>
    void Second(LoadSecond second);

    void RunEnds(RunRow row);
}
