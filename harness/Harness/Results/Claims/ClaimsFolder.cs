namespace Harness.Results.Claims;

/// <summary>The folder of a campaign over all claims: <c>claims/UTC-SHA/</c> with <c>claims.json</c> and <c>machine.json</c>. What is measured lies in
/// results of the experiments' own, beside it.</summary>
public sealed class ClaimsFolder
{
    /// <summary>What it is called among the results, and on the command line.</summary>
    public const string Name = "claims";

    private const string SummaryFile = "claims.json";

    private ClaimsFolder(string path, ClaimsSummary summary, MachineFacts machine) => (Path, Summary, Machine) = (path, summary, machine);

    public string Path { get; }

    public ClaimsSummary Summary { get; private set; }

    /// <summary>Where it was begun.</summary>
    public MachineFacts Machine { get; }

    /// <summary>The folder that holds those of all experiments.</summary>
    public string Root => System.IO.Path.GetDirectoryName(System.IO.Path.GetDirectoryName(Path))!;

    /// <summary>Whether a folder is one of these.</summary>
    public static bool IsOne(string path) => File.Exists(System.IO.Path.Combine(path, SummaryFile));

    /// <summary>Starts <c>root/claims/UTC-SHA</c>.</summary>
    /// <exception cref="ResultException">The folder is there already or cannot be made.</exception>
    public static ClaimsFolder Create(string root, ClaimsSummary summary, MachineFacts machine)
    {
        var path = System.IO.Path.GetFullPath(System.IO.Path.Combine(root, Name, ResultFolder.NameOf(summary.Started, machine)));
        if (Directory.Exists(path)) throw new ResultException($"{path} is there already: results are never written over.");

        try
        {
            Directory.CreateDirectory(path);
            ResultFolder.WriteMachine(path, machine);
            var folder = new ClaimsFolder(path, summary, machine);
            folder.Write(summary);
            return folder;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ResultException($"cannot make the result folder {path}: {error.Message}", error);
        }
    }

    /// <exception cref="ResultException">The folder is none of these, is of a newer format, or a file in it is damaged.</exception>
    public static ClaimsFolder Open(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        var summary = ResultFolder.ReadJson<ClaimsSummary>(System.IO.Path.Combine(full, SummaryFile));
        return summary.Format <= ClaimsSummary.CurrentFormat
            ? new ClaimsFolder(full, summary, ResultFolder.ReadJson<MachineFacts>(System.IO.Path.Combine(full, "machine.json")))
            : throw new ResultException($"{full} has format {summary.Format}; this build reads up to {ClaimsSummary.CurrentFormat}.");
    }

    /// <inheritdoc cref="ResultFolder.TakeForWriting()"/>
    public IDisposable TakeForWriting() => ResultFolder.TakeForWriting(Path);

    /// <summary>Replaces the summary.</summary>
    public void Write(ClaimsSummary summary) => ResultFolder.PutText(System.IO.Path.Combine(Path, SummaryFile), ResultFolder.ToJson(Summary = summary));

    /// <summary>A result's path as the summary keeps it, and back.</summary>
    public string RelativeOf(string result) => System.IO.Path.GetRelativePath(Path, result).Replace('\\', '/');

    public string PathOf(string relative) => System.IO.Path.GetFullPath(System.IO.Path.Combine(Path, relative));
}
