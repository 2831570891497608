namespace Harness.Charts;

/// <summary>A colour of the drawing in both its looks.</summary>
/// <param name="Name">How style sheets call it: <c>ink</c>, <c>s3</c>.</param>
/// <param name="Light">On white paper, which is what a picture has of its own.</param>
/// <param name="Dark">On a dark page, where the page's style sheet puts it in force.</param>
internal sealed record Paint(string Name, string Light, string Dark)
{
    /// <summary>The class of what is filled with it.</summary>
    public string Fill => "f-" + Name;

    /// <summary>The class of what is drawn with it.</summary>
    public string Stroke => "k-" + Name;
}
