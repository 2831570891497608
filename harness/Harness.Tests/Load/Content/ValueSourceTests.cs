using System.Text;
using Harness.Load.Content;

namespace Harness.Tests.Load.Content;

public sealed class ValueSourceTests
{
    [Fact]
    public void Value_OfTheSamePlace_IsTheSameBytesAndOfAnotherIsNot()
    {
        var content = new RecordContent(ValueSource.Parse("100B", 1, 1000), null, 1, 4);
        var again = new RecordContent(ValueSource.Parse("100B", 1, 1000), null, 1, 4);
        var otherSeed = new RecordContent(ValueSource.Parse("100B", 2, 1000), null, 2, 4);
        for (var number = 0L; number < 1000; number++)
        {
            var value = content.Stream(2, 3).Value(number).ToArray();
            Assert.Equal(100, value.Length);
            Assert.Equal(value, again.Stream(2, 3).Value(number).ToArray());
            Assert.NotEqual(value, content.Stream(2, 3).Value(number + 1).ToArray());
            Assert.NotEqual(value, content.Stream(2, 2).Value(number).ToArray());
            Assert.NotEqual(value, content.Stream(1, 3).Value(number).ToArray());
            Assert.NotEqual(value, otherSeed.Stream(2, 3).Value(number).ToArray());
        }
    }

    [Fact]
    public void Uniform_Sizes_CoverTheRangeEvenly()
    {
        var values = ValueSource.Parse("uniform(64B, 1KiB)", 1, 1 << 20);
        var sizes = Sizes(values, 20_000);
        Assert.InRange(sizes.Min(), 64, 70);
        Assert.InRange(sizes.Max(), 1018, 1024);
        Assert.InRange(sizes.Average(), 544 - 10, 544 + 10);
        Assert.InRange(sizes.Count(size => size < 304), 4600, 5400);
        Assert.Equal(values.MeanBytes, sizes.Average(), 10.0);
    }

    [Fact]
    public void LogNormal_Sizes_HaveTheMedianAndTheSpreadAndAreClamped()
    {
        var sizes = Sizes(ValueSource.Parse("lognormal(median=200B, sigma=1)", 1, 2000), 20_000).Order().ToArray();
        Assert.InRange(sizes[10_000], 190, 210);
        Assert.InRange(sizes[(int)(20_000 * 0.8413)], 544 - 40, 544 + 40); // one sigma up: 200 * e
        Assert.InRange(sizes[(int)(20_000 * 0.1587)], 74 - 6, 74 + 6); // one sigma down: 200 / e
        Assert.Equal(2000, sizes[^1]); // 1.1 % of all would be larger
    }

    [Fact]
    public void Pareto_Sizes_HaveTheHeavyTailBetweenTheirBounds()
    {
        var values = ValueSource.Parse("pareto(min=100B, alpha=1.2, max=64KiB)", 1, 1 << 20);
        var sizes = Sizes(values, 40_000).Order().ToArray();

        Assert.InRange(sizes[0], 100, 101);
        Assert.InRange(sizes[^1], 40_000, 65_536);
        // P(size > x) is (100 / x)^1.2, bounds aside: 0.435 beyond twice the smallest, 0.063 beyond ten times.
        Assert.InRange(sizes.Count(size => size > 200) / 40_000.0, 0.425, 0.445);
        Assert.InRange(sizes.Count(size => size > 1000) / 40_000.0, 0.058, 0.068);
        // The integral over the density, as the bounded distribution has it: 436 B.
        Assert.InRange(values.MeanBytes, 435, 437);
    }

    [Theory]
    [InlineData("pareto(min=0B, alpha=1.2, max=1KiB)")]
    [InlineData("pareto(min=2KiB, alpha=1.2, max=1KiB)")]
    [InlineData("pareto(min=100B, alpha=0, max=1KiB)")]
    [InlineData("pareto(min=100B, alpha=1)")]
    public void Pareto_ThatCannotBe_IsRefused(string text) => Assert.Throws<FormatException>(() => ValueSource.Parse(text, 1, 1 << 20));

    [Fact]
    public void Lines_ComeInOrderAndStartOver()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "one\r\n\ntwo\nthree");
            var values = ValueSource.Parse($"lines({path})", 1, 100);
            Assert.Equal(
                ["one", "", "two", "three", "one"],
                Enumerable.Range(0, 5).Select(number => Encoding.UTF8.GetString(values.Value(7, number))));
            Assert.Throws<FormatException>(() => ValueSource.Parse($"lines({path})", 1, largest: 4));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("100")]
    [InlineData("2KiB")]
    [InlineData("uniform(1KiB, 64B)")]
    [InlineData("uniform(64B)")]
    [InlineData("uniform(64B, 2KiB)")]
    [InlineData("uniform(min=1B, min=2B)")]
    [InlineData("lognormal(median=200B, sigma=x)")]
    [InlineData("lines(no/such/file)")]
    [InlineData("pareto(1)")]
    [InlineData("uniform(1B, 2B")]
    [InlineData("")]
    public void Parse_OfWrongText_SaysSo(string text) => Assert.Throws<FormatException>(() => ValueSource.Parse(text, 1, largest: 1024));

    private static List<int> Sizes(ValueSource values, int count)
    {
        var sizes = new List<int>(count);
        for (var number = 0L; number < count; number++) sizes.Add(values.Value(42, number).Length);
        return sizes;
    }
}
