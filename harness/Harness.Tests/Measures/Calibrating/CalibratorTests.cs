using Harness.Measures.Calibrating;
using Harness.Results;

namespace Harness.Tests.Measures.Calibrating;

/// <summary>On real files and sockets. What the figures are is the machine's business; that they are there and follow the work is not.</summary>
public sealed class CalibratorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-calibration-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Measure_ADisk_GivesEveryLimitOrSaysWhyNotAndLeavesNothing()
    {
        var calibration = new Calibrator(_folder, TimeSpan.FromMilliseconds(10)).Measure(CancellationToken.None);

        string[] all =
        [
            CalibrationName.MemoryCopy, CalibrationName.Loopback, CalibrationName.CacheWrite, CalibrationName.SendFile, CalibrationName.DeviceWrite, CalibrationName.Flush,
        ];
        // A temporary folder may lie on a file system that cannot do without the page cache.
        Assert.Equal(all, all.Where(name => calibration[name] > 0 || (name == CalibrationName.DeviceWrite && calibration.Missing.ContainsKey(name))));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void Measure_NoSuchFolder_StillGivesWhatNeedsNoFile()
    {
        var calibration = new Calibrator(Path.Combine(_folder, "missing"), TimeSpan.FromMilliseconds(1)).Measure(CancellationToken.None);

        Assert.Equal([CalibrationName.MemoryCopy, CalibrationName.Loopback], calibration.Figures.Select(figure => figure.Name));
        Assert.Contains("open ", calibration.Missing["file"]);
    }

    [Fact]
    public void Measure_Stopped_EndsAndLeavesNothing()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();

        Assert.Throws<OperationCanceledException>(() => new Calibrator(_folder, TimeSpan.FromHours(1)).Measure(stop.Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void SliceRate_OneSliceThatIsFarOff_DoesNotCount()
    {
        var pieces = 0;
        // No time at all is soon over: hardly more than one piece of work is a slice.
        var rate = SliceRate.Of(TimeSpan.Zero, () => ++pieces == 5 ? 1L << 60 : 1, CancellationToken.None);

        Assert.True(pieces >= 11, $"{pieces} pieces"); // the first is for warming up
        Assert.InRange(rate, 0, 1e15);
    }
}
