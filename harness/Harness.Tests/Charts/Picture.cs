using System.Globalization;
using System.Xml.Linq;
using Harness.Charts;

namespace Harness.Tests.Charts;

/// <summary>A rendered SVG, parsed, with the extent of every element, text by estimate.</summary>
internal sealed class Picture
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    public Picture(string svg)
    {
        Root = XDocument.Parse(svg).Root!;
        var box = Numbers((string)Root.Attribute("viewBox")!);
        (Width, Height) = (box[2], box[3]);
    }

    public XElement Root { get; }

    public double Width { get; }

    public double Height { get; }

    public IReadOnlyList<string> Texts => [.. Root.Descendants(Svg + "text").Select(text => text.Value)];

    /// <summary>What its marks say when they are pointed at, in the order in which they are drawn.</summary>
    public IReadOnlyList<string> Tips => [.. Root.Descendants(Svg + "title").Select(title => title.Value)];

    public IEnumerable<XElement> Elements(string name) => Root.Descendants(Svg + name);

    /// <summary>Fails unless every element lies within the view box.</summary>
    public void AssertNothingIsCutOff()
    {
        foreach (var element in Root.Elements())
        {
            var (left, top, right, bottom) = Extent(element);
            Assert.True(left >= 0 && top >= 0 && right <= Width && bottom <= Height,
                $"{element} reaches from {left:0},{top:0} to {right:0},{bottom:0} in a picture of {Width} x {Height}");
        }
    }

    /// <summary>Fails when two texts cover each other.</summary>
    public void AssertNoTextsOverlap()
    {
        var texts = Elements("text").Select(text => (text.Value, Extent: Extent(text))).ToList();
        for (var i = 0; i < texts.Count; i++)
            foreach (var other in texts.Skip(i + 1))
            {
                var (a, b) = (texts[i].Extent, other.Extent);
                // The estimate is a tenth wide and a line's descent is rarely used: a little overlap of boxes is none of ink.
                var overlap = Math.Min(a.Right, b.Right) - Math.Max(a.Left, b.Left) > 4 && Math.Min(a.Bottom, b.Bottom) - Math.Max(a.Top, b.Top) > 3;
                Assert.False(overlap, $"'{texts[i].Value}' covers '{other.Value}'");
            }
    }

    private static (double Left, double Top, double Right, double Bottom) Extent(XElement element)
    {
        double Of(string name) => double.Parse((string)element.Attribute(name)!, CultureInfo.InvariantCulture);
        switch (element.Name.LocalName)
        {
            case "text":
                var (x, y, size) = (Of("x"), Of("y"), Of("font-size"));
                var width = TextMetrics.Width(element.Value, size, element.Attribute("font-weight") is not null);
                var left = (string?)element.Attribute("text-anchor") switch { "end" => x - width, "middle" => x - (width / 2), _ => x };
                return (left, y - (0.8 * size), left + width, y + (0.22 * size));
            case "line":
                return (Math.Min(Of("x1"), Of("x2")), Math.Min(Of("y1"), Of("y2")), Math.Max(Of("x1"), Of("x2")), Math.Max(Of("y1"), Of("y2")));
            case "rect":
                return (Of("x"), Of("y"), Of("x") + Of("width"), Of("y") + Of("height"));
            case "circle":
                return (Of("cx") - Of("r"), Of("cy") - Of("r"), Of("cx") + Of("r"), Of("cy") + Of("r"));
            case "path":
                var numbers = Numbers(((string)element.Attribute("d")!).Replace('M', ' ').Replace('L', ' '));
                var (xs, ys) = (numbers.Where((_, i) => i % 2 == 0), numbers.Where((_, i) => i % 2 == 1));
                return (xs.Min(), ys.Min(), xs.Max(), ys.Max());
            default:
                throw new InvalidOperationException($"no extent of a {element.Name.LocalName} known");
        }
    }

    private static double[] Numbers(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
}
