namespace Harness.Charts;

/// <summary>Colours that stay apart for colour-blind readers, on paper and in the dark.</summary>
internal static class Palette
{
    public static readonly Paint Ink = new("ink", "#1b1f24", "#e6e9ec");
    public static readonly Paint Muted = new("muted", "#57606a", "#9aa4af");
    public static readonly Paint Grid = new("grid", "#e4e7eb", "#2b333b");
    public static readonly Paint MinorGrid = new("minor", "#f1f3f5", "#20272e");
    public static readonly Paint Frame = new("frame", "#8c959f", "#6b7680");
    public static readonly Paint Bad = new("bad", "#b42318", "#ff8a7a");
    public static readonly Paint Good = new("good", "#116329", "#56d364");
    public static readonly Paint Trouble = new("trouble", "#fdeceb", "#3a1d1c");
    public static readonly Paint Allowed = new("allowed", "#d3efda", "#1d4a2b");
    public static readonly Paint Paper = new("paper", "#ffffff", "#14181c");

    /// <summary>How many steps a ramp of growing values has at most: more could not be told apart anyway.</summary>
    private const int RampSteps = 16;

    // Light: Okabe and Ito, "Color Universal Design" (2008), without the yellow that vanishes on white; a dark grey and a brown make up the
    // eight. Dark: their hues, lighter. Either way the nearest two are 15 or more apart (CIE76) for each kind of colour blindness as Machado,
    // Oliveira and Fernandes simulate it (2009); PaletteTests computes that.
    private static readonly Paint[] Names =
    [
        new("s0", "#0072B2", "#3D8FE0"), new("s1", "#D55E00", "#F0722B"), new("s2", "#009E73", "#17B588"), new("s3", "#CC79A7", "#E08CBF"),
        new("s4", "#E69F00", "#F2D53C"), new("s5", "#56B4E9", "#8AD4FF"), new("s6", "#3A3A3A", "#FFFFFF"), new("s7", "#7A3B10", "#9A5534"),
    ];

    // Viridis: grows evenly in lightness, so it survives grey printing. On white without its yellow, in the dark without its purple.
    private static readonly (int R, int G, int B)[] LightRamp = [(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98)];
    private static readonly (int R, int G, int B)[] DarkRamp = [(90, 115, 190), (45, 155, 165), (80, 200, 120), (228, 228, 75)];

    private static readonly Paint[] Ramp =
        [.. Enumerable.Range(0, RampSteps).Select(step => new Paint($"r{step}", Mix(LightRamp, step), Mix(DarkRamp, step)))];

    // What is written on a colour: black or white, by the colour's lightness in either look.
    private static readonly Paint[] Writing =
    [
        new("on00", Paper.Light, Paper.Light), new("on01", Paper.Light, Ink.Light), new("on10", Ink.Light, Paper.Light), new("on11", Ink.Light, Ink.Light),
    ];

    private static readonly string[] Dashes = ["", "7 4", "2 3", "9 3 2 3"];

    /// <summary>Every colour there is, for whoever puts drawings into a page that has a dark look.</summary>
    public static IReadOnlyList<Paint> All { get; } =
        [Ink, Muted, Grid, MinorGrid, Frame, Bad, Good, Trouble, Allowed, Paper, .. Names, .. Ramp, .. Writing];

    /// <summary>How many colours there are for things that are not ordered, before they begin again with another dash.</summary>
    public static int Count => Names.Length;

    public static Paint Color(int index) => Names[index % Names.Length];

    /// <summary>Colour of the n-th of several growing values.</summary>
    public static Paint Color(int index, int count) =>
        Ramp[count <= 1 ? 0 : (int)Math.Round(index * (RampSteps - 1.0) / (count - 1))];

    /// <summary>A dash pattern that changes when the colours begin again; empty for a plain line.</summary>
    public static string Dash(int index) => Dashes[index / Names.Length % Dashes.Length];

    /// <summary>Black or white, whichever reads on the colour.</summary>
    public static Paint TextOn(Paint color) => Writing[(IsBright(color.Light) ? 2 : 0) + (IsBright(color.Dark) ? 1 : 0)];

    private static bool IsBright(string color)
    {
        double Part(int at) => Convert.ToInt32(color.Substring(at, 2), 16);
        return (0.2126 * Part(1)) + (0.7152 * Part(3)) + (0.0722 * Part(5)) > 130;
    }

    private static string Mix((int R, int G, int B)[] ramp, int step)
    {
        var place = step * (ramp.Length - 1.0) / (RampSteps - 1);
        var from = Math.Min((int)place, ramp.Length - 2);
        var (a, b, share) = (ramp[from], ramp[from + 1], place - from);
        return $"#{Mix(a.R, b.R, share):x2}{Mix(a.G, b.G, share):x2}{Mix(a.B, b.B, share):x2}";
    }

    private static int Mix(int a, int b, double share) => (int)Math.Round(a + ((b - a) * share));
}
