using Harness.Results;

namespace Harness.Runs;

/// <summary>How long a campaign has been measured, without the time for which it was cut off.</summary>
internal static class CampaignTime
{
    /// <summary>From the beginning, or from where it was resumed, to the end of the last run of each stretch; zero before the first run.</summary>
    public static TimeSpan Spent(ResultPlan plan, IReadOnlyList<RunRow> runs)
    {
        var spent = TimeSpan.Zero;
        DateTimeOffset[] begins = [plan.Started, .. plan.Resumed.Select(resumed => resumed.At)];
        for (var i = 0; i < begins.Length; i++)
        {
            var own = runs.Where(run => run.Started >= begins[i] && (i == begins.Length - 1 || run.Started < begins[i + 1])).ToList();
            if (own.Count > 0) spent += own.Max(run => run.Started + TimeSpan.FromSeconds(run.MeasuredSeconds)) - begins[i];
        }

        return spent;
    }
}
