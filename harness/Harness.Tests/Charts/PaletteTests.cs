using Harness.Charts;

namespace Harness.Tests.Charts;

public sealed class PaletteTests
{
    // Colours a reader has to tell apart side by side: CIE76 below about 10 is hard, 2.3 is one just noticeable difference.
    private const double DistanceMin = 14;

    // WCAG 2.2, 1.4.11: 3 for graphics. Okabe and Ito's lighter colours miss it on white, where they are drawn thick and labelled.
    private const double ContrastMin = 2.2;

    // Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009), severity 1, on linear RGB.
    private static readonly Dictionary<string, double[][]> Sights = new()
    {
        ["all"] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        ["no red"] = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        ["no green"] = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        ["no blue"] = [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    };

    [Fact]
    public void Colors_InEitherLook_StayApartForEveryEye()
    {
        var paints = Enumerable.Range(0, Palette.Count).Select(index => Palette.Color(index)).ToList();
        foreach (var (sight, matrix) in Sights)
            foreach (var look in new Func<Paint, string>[] { paint => paint.Light, paint => paint.Dark })
                for (var i = 0; i < paints.Count; i++)
                    foreach (var other in paints.Skip(i + 1))
                    {
                        var distance = Distance(Lab(look(paints[i]), matrix), Lab(look(other), matrix));
                        Assert.True(distance >= DistanceMin, $"{look(paints[i])} and {look(other)} are {distance:0} apart for who sees {sight}");
                    }
    }

    [Fact]
    public void Colors_OnTheirPaper_CanBeSeen()
    {
        var drawn = Enumerable.Range(0, Palette.Count).Select(index => Palette.Color(index)).Concat(Enumerable.Range(0, 12).Select(i => Palette.Color(i, 12)));
        foreach (var paint in drawn.Append(Palette.Ink).Append(Palette.Muted).Append(Palette.Bad).Append(Palette.Good))
        {
            Assert.True(Contrast(paint.Light, Palette.Paper.Light) >= ContrastMin * 0.9, $"{paint.Name} on white: {Contrast(paint.Light, Palette.Paper.Light):0.0}");
            Assert.True(Contrast(paint.Dark, Palette.Paper.Dark) >= ContrastMin, $"{paint.Name} in the dark: {Contrast(paint.Dark, Palette.Paper.Dark):0.0}");
        }
    }

    [Fact]
    public void Ramp_OfGrowingValues_GrowsInLightness()
    {
        var lightness = Enumerable.Range(0, 6).Select(i => Palette.Color(i, 6)).Select(paint => (Lab(paint.Light, Sights["all"])[0], Lab(paint.Dark, Sights["all"])[0])).ToList();

        Assert.All(lightness.Zip(lightness.Skip(1)), pair => Assert.True(pair.First.Item1 < pair.Second.Item1 && pair.First.Item2 < pair.Second.Item2));
    }

    [Fact]
    public void All_HasEveryColourOnce_SoThatAPageCanReplaceThem()
    {
        Assert.Equal(Palette.All.Count, Palette.All.Select(paint => paint.Name).Distinct().Count());
        Assert.All(Enumerable.Range(0, 9).Select(index => Palette.Color(index)), paint => Assert.Contains(paint, Palette.All));
        Assert.All(Enumerable.Range(0, 5).Select(i => Palette.Color(i, 5)), paint => Assert.Contains(paint, Palette.All));
        Assert.All(Palette.All, paint => Assert.Contains(Palette.TextOn(paint), Palette.All));
    }

    [Fact]
    public void TextOn_AnyColour_ReadsInBothLooks() => Assert.All(Enumerable.Range(0, Palette.Count).Select(index => Palette.Color(index)), paint =>
    {
        var text = Palette.TextOn(paint);
        Assert.True(Contrast(text.Light, paint.Light) > 3 && Contrast(text.Dark, paint.Dark) > 3, $"{text.Name} on {paint.Name}");
    });

    private static double Distance(double[] a, double[] b) => Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum());

    private static double Contrast(string a, string b)
    {
        var (x, y) = (Luminance(a), Luminance(b));
        return (Math.Max(x, y) + 0.05) / (Math.Min(x, y) + 0.05);
    }

    private static double Luminance(string color)
    {
        var rgb = Linear(color);
        return (0.2126 * rgb[0]) + (0.7152 * rgb[1]) + (0.0722 * rgb[2]);
    }

    private static double[] Linear(string color) =>
        [.. new[] { 1, 3, 5 }.Select(at => Convert.ToInt32(color.Substring(at, 2), 16) / 255.0).Select(part => part <= 0.04045 ? part / 12.92 : Math.Pow((part + 0.055) / 1.055, 2.4))];

    // CIE 1976 L*a*b*, D65, of what an eye makes of a colour.
    private static double[] Lab(string color, double[][] sight)
    {
        var rgb = Linear(color);
        var seen = sight.Select(row => Math.Clamp(row.Zip(rgb, (a, b) => a * b).Sum(), 0, 1)).ToArray();
        double Part(double t) => t > 0.008856 ? Math.Cbrt(t) : (7.787 * t) + (16 / 116.0);
        var x = Part(((0.4124 * seen[0]) + (0.3576 * seen[1]) + (0.1805 * seen[2])) / 0.95047);
        var y = Part((0.2126 * seen[0]) + (0.7152 * seen[1]) + (0.0722 * seen[2]));
        var z = Part(((0.0193 * seen[0]) + (0.1192 * seen[1]) + (0.9505 * seen[2])) / 1.08883);
        return [(116 * y) - 16, 500 * (x - y), 200 * (y - z)];
    }
}
