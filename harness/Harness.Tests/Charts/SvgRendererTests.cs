using Harness.Charts;

namespace Harness.Tests.Charts;

public sealed class SvgRendererTests
{
    private const string LongName = "group-commit(maxDelay=2ms, maxBytes=1MiB, anotherParameter=12345678, yetAnotherOne=87654321) on a very long system name";

    [Fact]
    public void Bars_WithVeryLongNames_AreWrappedNotCut()
    {
        var picture = new Picture(new SvgRenderer().Render(new BarChart
        {
            Title = string.Concat(Enumerable.Repeat("A title that does not know when to end ", 6)),
            Value = new ChartAxis("p99 latency (ms)"),
            Series = [LongName, LongName + "2", "short"],
            Groups = [new BarGroup(LongName, [new Bar(0, 12, "12.0 ms") { Low = 11, High = 14 }, new Bar(1, 3, "3.00 ms"), new Bar(2, null, "no sound run")]), new BarGroup(new string('x', 200), [new Bar(0, 1, "1 ms")])],
            Caption = [string.Concat(Enumerable.Repeat("caption ", 100))],
        }));

        picture.AssertNothingIsCutOff();
        picture.AssertNoTextsOverlap();
    }

    [Fact]
    public void Text_WithMarkup_StaysText()
    {
        var svg = new SvgRenderer().Render(Lines("<script>alert(1)</script> & \"quotes\" \u0001\ud800", new LinePoint(0, 1), new LinePoint(1, 2)));

        Assert.DoesNotContain("<script", svg, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("<script>alert(1)</script> & \"quotes\" ", new Picture(svg).Texts[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Bars_Lengths_AreInProportionFromZero()
    {
        var picture = new Picture(new SvgRenderer().Render(new BarChart
        {
            Title = "t", Value = new ChartAxis("v"), Series = ["a"],
            Groups = [new BarGroup("one", [new Bar(0, 100, "100")]), new BarGroup("two", [new Bar(0, 50, "50")])],
        }));

        var widths = picture.Elements("rect").Where(rect => (string?)rect.Attribute("fill") == Palette.Color(0)).Select(rect => (double)rect.Attribute("width")!).ToList();

        Assert.Equal(2, widths.Count);
        Assert.Equal(0.5, widths[1] / widths[0], 2);
    }

    [Fact]
    public void Lines_OnALogAxis_GiveEqualRatiosEqualRoom()
    {
        var picture = new Picture(new SvgRenderer().Render(Lines("t", new LinePoint(0, 1), new LinePoint(1, 10), new LinePoint(2, 100)) with { Y = new ChartAxis("ms", AxisScale.Log) }));

        var ys = picture.Elements("circle").Select(circle => (double)circle.Attribute("cy")!).ToList();

        Assert.Equal(ys[0] - ys[1], ys[1] - ys[2], 0.2);
        Assert.True(ys[0] > ys[2]);
    }

    [Fact]
    public void Lines_OnAPercentileAxis_GiveEachNineTheSameRoom()
    {
        var picture = new Picture(new SvgRenderer().Render(Lines("t", new LinePoint(0.9, 1), new LinePoint(0.99, 2), new LinePoint(0.999, 3)) with { X = new ChartAxis("share", AxisScale.Percentile) }));

        var xs = picture.Elements("circle").Select(circle => (double)circle.Attribute("cx")!).ToList();

        Assert.Equal(xs[1] - xs[0], xs[2] - xs[1], 0.2);
        Assert.Contains("99.9 %", picture.Texts);
    }

    [Fact]
    public void Lines_OfTwoSeries_HaveDifferentColoursAndALegendForEach()
    {
        var chart = Lines("t", new LinePoint(0, 1), new LinePoint(1, 1)) with
        {
            Series = [new LineSeries("first", 0, [new(0, 1), new(1, 1)]), new LineSeries("second", 1, [new(0, 2), new(1, 2)]), new LineSeries("second", 1, [new(0, 3), new(1, 3)]) { Faint = true }],
        };

        var picture = new Picture(new SvgRenderer().Render(chart));

        Assert.Equal(2, picture.Elements("path").Select(path => (string)path.Attribute("stroke")!).Distinct().Count());
        Assert.Single(picture.Texts, "second");
    }

    private static LineChart Lines(string title, params LinePoint[] points) => new()
    {
        Title = title,
        X = new ChartAxis("x (s)"),
        Y = new ChartAxis("y (ms)"),
        Series = [new LineSeries("one", 0, points) { Markers = true }],
    };
}
