using Harness.Results;

namespace Harness.Statistics;

/// <summary>What a cell moved, as a share of what the machine can move: see <see cref="CampaignCalibration"/>.</summary>
/// <param name="Name">The limit, one of <see cref="CalibrationName"/>.</param>
/// <param name="What">What was moved, for people.</param>
/// <param name="MegabytesPerSecond">The median over the cell's sound runs.</param>
/// <param name="Limit">What the machine does when it does nothing else, in MB/s.</param>
public sealed record LimitShare(CellResults Cell, string Name, string What, double MegabytesPerSecond, double Limit)
{
    private static readonly (string Name, string What, Func<RunRow, double?> Bytes)[] Moved =
    [
        (CalibrationName.Loopback, "over the loopback, of its rate", run => run.LoopbackBytes),
        (CalibrationName.CacheWrite, "written by the brokers, of the page cache's rate", run => Written(run)),
        (CalibrationName.DeviceWrite, "written to the disk, of the device's rate", run => run.DiskWriteBytes),
        (CalibrationName.SendFile, "read by consumers, of the rate of sendfile", run => run.Role(ProcessRole.Consumers) is null ? null : run.GoodputBytes),
    ];

    /// <summary>1 where as much was moved as the machine can.</summary>
    public double Share => MegabytesPerSecond / Limit;

    /// <summary>By cell, and for each by limit; empty where nothing was calibrated.</summary>
    public static IReadOnlyList<LimitShare> Of(CampaignResults campaign) => campaign.Folder.Calibration is not { } calibration ? [] :
    [
        .. from cell in campaign.Cells
           from moved in Moved
           let limit = calibration.Limit(moved.Name)
           let rates = cell.SoundRuns.Select(run => moved.Bytes(run) / run.MeasuredSeconds / 1e6).OfType<double>().Where(value => value > 0)
           let rate = Spread.Of([.. rates])
           where limit is not null && rate is not null
           select new LimitShare(cell, moved.Name, moved.What, rate.Median, limit.Value),
    ];

    private static double? Written(RunRow run)
    {
        var brokers = run.Processes.Where(use => ProcessRole.IsBroker(use.Role)).ToList();
        return brokers.Count == 0 ? null : brokers.Sum(use => use.WriteBytes);
    }
}
