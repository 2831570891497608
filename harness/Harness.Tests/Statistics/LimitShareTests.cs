using Harness.Results;
using Harness.Results.Reports;
using Harness.Statistics;
using Harness.Tests.Results;

namespace Harness.Tests.Statistics;

public sealed class LimitShareTests
{
    private static readonly CampaignCalibration Limits = new(CalibrationTests.Of(("loopback", 1000), ("page-cache-write", 2000), ("device-write", 500), ("sendfile", 4000)), After: null);

    [Fact]
    public void Of_SoundRuns_AreMediansByLimit()
    {
        using var root = new TemporaryFolder();
        var folder = Campaign(root.Path, Limits);

        var shares = LimitShare.Of(CampaignResults.Of(folder));

        // 2000 MB in 10 s over the loopback; leader and followers wrote 100 MB/s each; the unsound run counts for nothing.
        Assert.Equal([("loopback", 200.0, 0.2), ("page-cache-write", 200.0, 0.1), ("device-write", 50.0, 0.1)], shares.Select(share => (share.Name, share.MegabytesPerSecond, share.Share)));
    }

    [Fact]
    public void Of_NothingCalibrated_IsNothing()
    {
        using var root = new TemporaryFolder();

        Assert.Empty(LimitShare.Of(CampaignResults.Of(Campaign(root.Path, limits: null))));
    }

    [Fact]
    public void Report_OfACalibratedCampaign_HasLimitsSharesAndWhatMoved()
    {
        using var root = new TemporaryFolder();
        var folder = Campaign(root.Path, Limits with { After = CalibrationTests.Of(("loopback", 600)) });

        var html = File.ReadAllText(ReportBuilder.Write(folder));

        Assert.Contains("Against the machine&#39;s limits", html);
        Assert.Contains("<td class=\"n\">200 MB/s, 25 %</td>", html); // of the middle of 1000 and 600
        Assert.Contains("The machine changed: the loopback went from 1,000 MB/s to 600 MB/s (-40 %)", html);
        Assert.Contains("limited by", html);
        Assert.Contains("leader CPU: the thread &#39;log writer&#39;", html);
        Assert.Contains("other processes used the machine meanwhile", html);
    }

    private static ResultFolder Campaign(string root, CampaignCalibration? limits)
    {
        var folder = ResultFolder.Create(root, SyntheticCampaign.PlanOf("E01", "Limits (synthetic fixture)", 2), SyntheticCampaign.Machine);
        var run = Run.Of(folder.Plan.Cells[0].Id, 1) with
        {
            LoopbackBytes = 2_000_000_000,
            DiskWriteBytes = 500_000_000,
            GoodputBytes = 1_000_000_000,
            Processes =
            [
                new ProcessUse { Role = ProcessRole.Leader, CpuSeconds = 1, Cores = 0.1, WriteBytes = 1_000_000_000 },
                new ProcessUse { Role = ProcessRole.Followers, CpuSeconds = 1, Cores = 0.1, WriteBytes = 1_000_000_000 },
            ],
            Bottleneck = "leader CPU",
            BottleneckEvidence = "the thread 'log writer' of the leader kept 97 % of a core busy",
            LimitWarning = "other processes used the machine meanwhile: 1.60 of 4 cores",
        };
        folder.Append(run, latency: null, []);
        folder.Append(run with { Repeat = 2, Sound = false, LoopbackBytes = 9_000_000_000 }, latency: null, []);
        if (limits is not null) folder.WriteCalibration(limits);
        return folder;
    }
}
