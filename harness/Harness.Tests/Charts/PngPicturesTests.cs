using Harness.Charts;
using Harness.Results;
using Harness.Results.Reports;
using Harness.Tests.Results;

namespace Harness.Tests.Charts;

/// <summary>Changes where this process looks for programs, so nothing else may run.</summary>
[Collection(nameof(Alone))]
public sealed class PngPicturesTests : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly string? _path = Environment.GetEnvironmentVariable("PATH");

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("PATH", _path);
        _root.Dispose();
    }

    [Fact]
    public void Report_WithoutTheTool_SaysSoAndHasNoPictures()
    {
        var folder = SyntheticCampaign.ZeroCopyReads(_root.Path);
        File.WriteAllText(Path.Combine(folder.ChartsPath, "01-cpu-the-brokers-spend-to-serve-a-gb.png"), "of an earlier report");
        Environment.SetEnvironmentVariable("PATH", _root.Path);

        var page = File.ReadAllText(ReportBuilder.Write(folder));

        Assert.Contains("rsvg-convert is not installed (Debian: librsvg2-bin)", page, StringComparison.Ordinal);
        Assert.DoesNotContain(".png", page, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.ChartsPath, "*.png"));
    }

    [Fact]
    public void Report_WithTheTool_HasAPictureOfEachChartAndLinksIt()
    {
        // A tool of the same name that says what it was asked for: the real one is not installed everywhere.
        var tool = Path.Combine(_root.Path, "rsvg-convert");
        File.WriteAllText(tool, "#!/bin/sh\necho \"$@\" > \"$4\"\n");
#pragma warning disable CA1416 // Tests run on Linux.
        File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
#pragma warning restore CA1416
        Environment.SetEnvironmentVariable("PATH", $"{_root.Path}:{_path}");
        var folder = SyntheticCampaign.ZeroCopyReads(_root.Path);

        var page = File.ReadAllText(ReportBuilder.Write(folder));

        foreach (var svg in Directory.GetFiles(folder.ChartsPath, "*.svg"))
        {
            var png = Path.ChangeExtension(svg, ".png");
            Assert.EndsWith(svg + "\n", File.ReadAllText(png), StringComparison.Ordinal);
            Assert.Contains($"<a href=\"charts/{Path.GetFileName(png)}\">", page, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("is not installed", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Renderer_ThatThisBuildDoesNotHave_IsRefusedWithTheWayToIt() =>
        Assert.Contains("choose svg", Assert.Throws<ResultException>(() => ChartRenderers.Find("crayon")).Message, StringComparison.Ordinal);
}
