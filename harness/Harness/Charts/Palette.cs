namespace Harness.Charts;

/// <summary>Colours that stay apart for colour-blind readers and on paper.</summary>
internal static class Palette
{
    public const string Ink = "#1b1f24";
    public const string Muted = "#57606a";
    public const string Grid = "#e4e7eb";
    public const string MinorGrid = "#f1f3f5";
    public const string Frame = "#8c959f";
    public const string Bad = "#b42318";
    public const string Trouble = "#fdeceb";
    public const string Paper = "#ffffff";

    // Okabe and Ito, "Color Universal Design" (2008), without the yellow that vanishes on white; brown makes up the eight.
    private static readonly string[] Names = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#4d4d4d", "#8c564b"];

    // Ends and middle of viridis without its yellow: grows evenly in lightness, so it survives grey printing.
    private static readonly (int R, int G, int B)[] Ramp = [(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98)];

    private static readonly string[] Dashes = ["", "7 4", "2 3", "9 3 2 3"];

    public static string Color(int index) => Names[index % Names.Length];

    /// <summary>Colour of the n-th of several growing values.</summary>
    public static string Color(int index, int count)
    {
        var place = count <= 1 ? 0 : index * (Ramp.Length - 1.0) / (count - 1);
        var from = Math.Min((int)place, Ramp.Length - 2);
        var (a, b, share) = (Ramp[from], Ramp[from + 1], place - from);
        return $"#{Mix(a.R, b.R, share):x2}{Mix(a.G, b.G, share):x2}{Mix(a.B, b.B, share):x2}";
    }

    /// <summary>A dash pattern that changes when the colours begin again; empty for a plain line.</summary>
    public static string Dash(int index) => Dashes[index / Names.Length % Dashes.Length];

    /// <summary>Black or white, whichever reads on the colour.</summary>
    public static string TextOn(string color)
    {
        static double Part(string hex, int at) => Convert.ToInt32(hex.Substring(at, 2), 16);
        var luminance = (0.2126 * Part(color, 1)) + (0.7152 * Part(color, 3)) + (0.0722 * Part(color, 5));
        return luminance > 145 ? Ink : Paper;
    }

    private static int Mix(int a, int b, double share) => (int)Math.Round(a + ((b - a) * share));
}
