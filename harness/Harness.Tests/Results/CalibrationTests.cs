using Harness.Results;

namespace Harness.Tests.Results;

public sealed class CalibrationTests
{
    private static readonly Calibration Before = Of(("device-write", 1000), ("fsync", 10_000), ("loopback", 3000));

    [Fact]
    public void Drifts_LimitsThatMovedByMoreThanAFifth_AreTold()
    {
        var drifts = new CampaignCalibration(Before, Of(("device-write", 790), ("fsync", 11_900), ("loopback", 3700))).Drifts;

        Assert.Equal(
            ["the device-write went from 1,000 MB/s to 790 MB/s (-21 %) in the course of the campaign",
             "the loopback went from 3,000 MB/s to 3,700 MB/s (+23 %) in the course of the campaign"],
            drifts.Select(drift => drift.ToString()));
    }

    [Fact]
    public void Drifts_WithoutAnAfter_AreNone() => Assert.Empty(new CampaignCalibration(Before, After: null).Drifts);

    [Theory]
    [InlineData("device-write", 900.0)]
    [InlineData("fsync", 10_000.0)]
    [InlineData("memcpy", 7000.0)]
    [InlineData("sendfile", null)]
    public void Limit_SeenTwiceOnceOrNever_IsTheMiddleOrThatOrNothing(string name, double? expected) =>
        Assert.Equal(expected, new CampaignCalibration(Before, Of(("device-write", 800), ("memcpy", 7000))).Limit(name));

    [Fact]
    public void Folder_WithACalibration_HasItWhenReadBack()
    {
        using var root = new TemporaryFolder();
        var written = SyntheticCampaign.RateLadder(root.Path);
        Assert.Null(ResultFolder.Open(written.Path).Calibration);

        written.WriteCalibration(new CampaignCalibration(Before, Of(("fsync", 5000))));

        Assert.Equivalent(written.Calibration, ResultFolder.Open(written.Path).Calibration, strict: true);
    }

    internal static Calibration Of(params (string Name, double Value)[] figures) => new()
    {
        Started = DateTimeOffset.UnixEpoch,
        SecondsEach = 1,
        Figures = [.. figures.Select(figure => new CalibrationFigure(figure.Name, "the " + figure.Name, "MB/s", figure.Value))],
    };
}
