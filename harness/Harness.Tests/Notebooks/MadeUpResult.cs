using Harness.Load;
using Harness.Plans;
using Harness.Results;
using Harness.Runs;
using Harness.Tests.Results;

namespace Harness.Tests.Notebooks;

/// <summary>A result of an experiment's own plan with made-up numbers in every column, or with holes where campaigns have them.</summary>
internal static class MadeUpResult
{
    private const int Repeats = 3;

    /// <summary>Every cell has three sound runs with every figure there is.</summary>
    public static ResultFolder Whole(string root, Campaign campaign) => Write(root, campaign, (cell, repeat) => Full(cell, repeat));

    /// <summary>Cut off: of four cells in a row one never ran, one only failed, one has hardly a figure, and one is whole.</summary>
    public static ResultFolder WithHoles(string root, Campaign campaign)
    {
        var place = 0;
        var places = campaign.Cells.ToDictionary(cell => cell.Facts.Id, _ => place++ % 4);
        var folder = Write(root, campaign, (cell, repeat) => places[cell.Id] switch
        {
            0 => null,
            1 => repeat > 1 ? null : Full(cell, repeat) with { Sound = false, Reason = "made to fail" },
            2 => Run.Of(cell.Id, repeat) with { Axes = cell.Values, Label = cell.Label },
            _ => Full(cell, repeat),
        });
        folder.WritePlan(folder.Plan with { Finished = null, Overrides = ["load.duration=1s"], Charts = [.. folder.Plan.Charts.Skip(1)] });
        return folder;
    }

    private static ResultFolder Write(string root, Campaign campaign, Func<CellFacts, int, RunRow?> runOf)
    {
        var plan = CampaignFacts.Describe(campaign, SyntheticCampaign.Machine, Path.GetTempPath(), $"testbed run {campaign.Experiment.Id}");
        var started = new DateTimeOffset(2026, 11, 22, 4, 30, 0, TimeSpan.Zero);
        var folder = ResultFolder.Create(root, plan with { Started = started, Finished = started.AddMinutes(5) }, SyntheticCampaign.Machine);
        for (var repeat = 1; repeat <= Repeats; repeat++)
            foreach (var cell in plan.Cells)
            {
                if (runOf(cell, repeat) is not { } run) continue;

                var latency = new Histogram();
                for (var i = 1; i <= 2000; i++) latency.Record(TimeSpan.FromMilliseconds(0.5 + (i / 200.0)), count: 10);
                var seconds = Enumerable.Range(1, 10).Select(second => new TimelinePoint { Second = second, AchievedPerSecond = run.AchievedPerSecond, P99Ms = 9 });
                var tenths = Enumerable.Range(1, 100).Select(tenth => new AckPoint { Second = tenth / 10.0, AckedPerSecond = tenth is > 40 and < 50 ? 0 : 20_000, WorstMs = 12 });
                FaultRecord[] faults = [new() { Fault = "kill(leader, at=4s, back=1s)", Nodes = "2", BeganSecond = 4, HealedSecond = 5 }];
                folder.Append(run.P50Ms is null ? run : run.WithLatency(latency), run.P50Ms is null ? null : latency, [.. seconds], faults, [.. tenths]);
            }

        return folder;
    }

    private static RunRow Full(CellFacts cell, int repeat)
    {
        // Every cell another figure, every repeat a little another one.
        var size = 1 + (cell.Id.Length % 7) + (repeat * 0.01);
        string[] roles = [ProcessRole.Leader, ProcessRole.Followers, ProcessRole.Generator, ProcessRole.Consumers];
        var isOfFiles = cell.Values.ContainsKey("api") || cell.Values.GetValueOrDefault("part") is "file" or "copy" or "device" or "page cache";
        var rate = double.TryParse(cell.Values.GetValueOrDefault("rate"), out var offered) ? offered : 10_000 * size;
        return Run.Of(cell.Id, repeat) with
        {
            Axes = cell.Values,
            Label = cell.Label,
            OfferedPerSecond = rate,
            AchievedPerSecond = rate,
            GoodputBytes = (long)(1e9 * size),
            Acked = 100_000,
            Verified = 100_000,
            Resent = 3,
            InconsistentOffsets = 0,
            ReplicaDifferences = 0,
            P50Ms = 1,
            EndToEndP50Ms = 2 * size,
            EndToEndP99Ms = 9 * size,
            EndToEndMaxMs = 20 * size,
            Processes = [.. (isOfFiles ? [ProcessRole.Files] : roles).Select(role => UseOf(role, size))],
            DiskReadBytes = (long)(1e8 * size),
            DiskWriteBytes = (long)(2e8 * size),
            CachedFileBytes = (long)(3e8 * size),
            BrokerCallsPerSecond = 4000 * size,
            BesideBytesPerSecond = 5e7 * size,
            ReadBackPerSecond = 1e6,
            ReadyMs = 300 * size,
            FirstFetchMs = 350 * size,
            RampMs = 90 * size,
            SilenceMs = 700 * size,
            ResumedMs = 40 * size,
            Stationary = true,
        };
    }

    private static ProcessUse UseOf(string role, double size) => new()
    {
        Role = role,
        CpuSeconds = size,
        Cores = size / 10,
        RssMaxBytes = 150L << 20,
        MajorFaults = 7,
        GcPauseMs = size,
        GcPauseMaxMs = size / 2,
        Gen0Collections = 12,
        Gen1Collections = 2,
        Gen2Collections = 1,
        AllocatedBytesPerSecond = 1e6,
        ContentionsPerSecond = 2,
        QueueLengthMax = 3,
    };
}
