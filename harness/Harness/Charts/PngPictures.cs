using System.ComponentModel;
using System.Diagnostics;

namespace Harness.Charts;

/// <summary>Makes PNG pictures beside SVG ones, for what shows no SVG. Needs rsvg-convert (Debian: librsvg2-bin); without it there are none.</summary>
internal static class PngPictures
{
    public const string Extension = ".png";

    /// <summary>Said where pictures are missing.</summary>
    public const string WhatIsMissing = "no PNG pictures beside the SVG ones: rsvg-convert is not installed (Debian: librsvg2-bin)";

    private const string Tool = "rsvg-convert";

    // Twice the size in the drawing's units: sharp on screens that have two pixels for one, and in print.
    private const string Zoom = "2";

    /// <summary>Draws <paramref name="svgPath"/> into a file of the same name beside it.</summary>
    /// <returns>Whether it could; an older picture is gone where it could not.</returns>
    public static bool Make(string svgPath)
    {
        var png = Path.ChangeExtension(svgPath, Extension);
        File.Delete(png);
        try
        {
            using var tool = Process.Start(new ProcessStartInfo(Tool, ["--zoom", Zoom, "--output", png, svgPath]) { RedirectStandardError = true })!;
            _ = tool.StandardError.ReadToEnd();
            tool.WaitForExit();
            return tool.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
