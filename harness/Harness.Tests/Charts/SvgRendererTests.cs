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

        var widths = picture.Elements("rect").Where(rect => (string?)rect.Attribute("fill") == Palette.Color(0).Light).Select(rect => (double)rect.Attribute("width")!).ToList();

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

    [Fact]
    public void Lines_ThatEndApart_AreNamedAtTheirEnds()
    {
        var picture = new Picture(new SvgRenderer().Render(TwoLines("first", "second", end: 5)));

        var (first, second) = (picture.Elements("text").First(text => text.Value == "first"), picture.Elements("text").First(text => text.Value == "second"));
        Assert.True((double)first.Attribute("x")! > 700 && (string?)first.Attribute("x") == (string?)second.Attribute("x"), "to the right of the plot");
        Assert.True((double)second.Attribute("y")! < (double)first.Attribute("y")! - 12, "the higher line's name is higher");
        picture.AssertNothingIsCutOff();
        picture.AssertNoTextsOverlap();
    }

    [Theory]
    [InlineData(LongName, 5.0)] // no room beside the plot
    [InlineData("first", 1.0)] // its line ends long before the other
    public void Lines_ThatCannotBeNamedAtTheirEnds_HaveALegend(string name, double end)
    {
        var picture = new Picture(new SvgRenderer().Render(TwoLines(name, "second", end)));

        Assert.True((double)picture.Elements("text").First(text => text.Value == "second").Attribute("y")! < 120, "above the plot");
        picture.AssertNothingIsCutOff();
        picture.AssertNoTextsOverlap();
    }

    [Fact]
    public void Lines_ManyThatEndTogether_HaveALegend()
    {
        var chart = Lines("t") with { Series = [.. Enumerable.Range(0, 7).Select(i => new LineSeries($"line {i}", i, [new(0, i), new(5, 3)]))] };

        var picture = new Picture(new SvgRenderer().Render(chart));

        Assert.All(Enumerable.Range(0, 7), i => Assert.True((double)picture.Elements("text").First(text => text.Value == $"line {i}").Attribute("y")! < 120));
    }

    [Fact]
    public void Marks_PointedAt_SayTheirValuesWithWhatTheyAre()
    {
        var lines = new Picture(new SvgRenderer().Render(Lines("t", new LinePoint(1, 2.5, 2, 3), new LinePoint(250_000, 7))));
        var bars = new Picture(new SvgRenderer().Render(new BarChart
        {
            Title = "t", Value = new ChartAxis("p99 latency (ms)"), Series = ["all", "quorum"],
            Groups = [new BarGroup("near", [new Bar(1, 12, "12.0 ms") { Low = 11, High = 14, Runs = [11, 12, 14] }])],
        }));

        Assert.Equal(["one\nx (s): 1.00\ny (ms): 2.50 [2.00, 3.00]", "one\nx (s): 250k\ny (ms): 7.00"], lines.Tips);
        Assert.Equal(["near\nquorum\n12.0 ms [11.0, 14.0], 3 runs", "one run: 11.0", "one run: 12.0", "one run: 14.0"], bars.Tips);
    }

    [Fact]
    public void Lines_WithoutMarkers_CanBePointedAtAllTheSame()
    {
        var chart = Lines("t") with
        {
            X = new ChartAxis("share", AxisScale.Percentile),
            Series = [new LineSeries("one", 0, [new(0, 1), new(0.5, 2), new(0.9, 3), new(0.999, 4)]), new LineSeries("one", 0, [new(0, 1), new(0.9, 2)]) { Faint = true }],
        };

        Assert.Equal(
            ["one\nshare: 0 %\ny (ms): 1.00", "one\nshare: 50 %\ny (ms): 2.00", "one\nshare: 90 %\ny (ms): 3.00", "one\nshare: 99.9 %\ny (ms): 4.00"],
            new Picture(new SvgRenderer().Render(chart)).Tips);
    }

    [Fact]
    public void Render_Bare_LeavesTitleAndSmallPrintToThePage()
    {
        var chart = Lines("the title", new LinePoint(0, 1), new LinePoint(1, 2)) with { Caption = ["how to read it"], SmallPrint = ["where it comes from"] };

        var (whole, bare) = (new Picture(new SvgRenderer().Render(chart)), new Picture(new SvgRenderer { Bare = true }.Render(chart)));

        Assert.All(["the title", "how to read it", "where it comes from"], text => Assert.Contains(text, whole.Texts));
        Assert.All(["the title", "how to read it", "where it comes from"], text => Assert.DoesNotContain(text, bare.Texts));
        Assert.Equal("the title", (string?)bare.Root.Attribute("aria-label"));
        Assert.Contains("y (ms)", bare.Texts);
        bare.AssertNothingIsCutOff();
    }

    [Fact]
    public void Elements_OfAnyChart_CarryTheirColoursAsClassesToo()
    {
        var picture = new Picture(new SvgRenderer().Render(TwoLines("first", "second", end: 5)));

        foreach (var element in picture.Root.Elements())
            foreach (var (attribute, prefix) in new[] { ("fill", "f-"), ("stroke", "k-") })
            {
                if ((string?)element.Attribute(attribute) is not { } color || color is "none" || element.Attribute("fill-opacity") is not null) continue;

                var classes = ((string?)element.Attribute("class") ?? "").Split(' ');
                Assert.Contains(Palette.All, paint => paint.Light == color && classes.Contains(prefix + paint.Name));
            }
    }

    [Theory]
    [InlineData(1, 9.5, "end")]     // The line is below it on the right,
    [InlineData(9.5, 9.5, "end")]   // through it at either end: as good there as here,
    [InlineData(1, 10.5, null)]     // and runs through it on the right only.
    public void Level_IsNamedWhereNoLineRunsThroughItsName(double first, double last, string? anchor)
    {
        var chart = Lines("t", new(0, first), new(5, first), new(10, last)) with { Levels = [new ReferenceLevel("wanted", 10)] };

        var name = new Picture(new SvgRenderer().Render(chart)).Elements("text").Single(text => text.Value == "wanted");

        Assert.Equal(anchor, (string?)name.Attribute("text-anchor"));
    }

    [Fact]
    public void Level_LineThatTurnsBack_IsSeenToRunThroughItsName()
    {
        var chart = Lines("t", new(0, 1), new(10, 1), new(9.5, 12)) with { Levels = [new ReferenceLevel("wanted", 10)] };

        var name = new Picture(new SvgRenderer().Render(chart)).Elements("text").Single(text => text.Value == "wanted");

        Assert.Null((string?)name.Attribute("text-anchor"));
    }

    private static LineChart TwoLines(string first, string second, double end) => Lines("t") with
    {
        Series = [new LineSeries(first, 0, [new(0, 1), new(end, 1)]), new LineSeries(second, 1, [new(0, 2), new(5, 4)])],
    };

    private static LineChart Lines(string title, params LinePoint[] points) => new()
    {
        Title = title,
        X = new ChartAxis("x (s)"),
        Y = new ChartAxis("y (ms)"),
        Series = [new LineSeries("one", 0, points) { Markers = true }],
    };
}
