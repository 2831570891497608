using System.Diagnostics;
using System.Text.RegularExpressions;
using Harness.Cli;
using Harness.Tests.Results;

namespace Harness.Tests.Publishing;

/// <summary>Does what experiments/GUIDE.md says, in a copy of the checkout: writes its files, adds its lines, runs its commands.</summary>
[Collection(nameof(Alone))]
public sealed partial class GuideTests : IDisposable
{
    private static readonly string[] NotCopied = ["bin", "obj", ".git", "results", "site", "node_modules", ".vs"];

    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task Guide_FollowedToTheLetter_EndsWithAPublishedComparison()
    {
        Copy(Checkout.Root!, _root.Path);
        var commands = Follow(await File.ReadAllTextAsync(Path.Combine(_root.Path, "experiments", "GUIDE.md")));

        await Dotnet("build", "harness/Harness.Cli", "-v", "q", "-nodeReuse:false");
        var program = Path.Combine(_root.Path, "harness", "Harness.Cli", "bin", "Debug", "net10.0", "testbed.dll");
        foreach (var command in commands) await Dotnet([program, .. command.Split(' ')[1..]]);

        Assert.Equal(5, commands.Count);
        var notebook = await File.ReadAllTextAsync(Path.Combine(_root.Path, "notebooks", "E99_EveryBytes.ipynb"));
        Assert.Contains("data:image/svg+xml", notebook, StringComparison.Ordinal);
        var page = await File.ReadAllTextAsync(Path.Combine(_root.Path, "site", "E99_EveryBytes.html"));
        Assert.Contains("every-bytes(bytes=1MiB)", page, StringComparison.Ordinal);
        Assert.Contains("p50 at most that of every-batch", page, StringComparison.Ordinal);
        Assert.Contains("[E99_EveryBytes.cs](E99_EveryBytes.cs)", await File.ReadAllTextAsync(Path.Combine(_root.Path, "experiments", "README.md")), StringComparison.Ordinal);
    }

    // Writes every file and line of the guide and returns its commands.
    private List<string> Follow(string guide)
    {
        var commands = new List<string>();
        var blocks = Blocks().Matches(guide.ReplaceLineEndings("\n"));
        Assert.Equal(7, blocks.Count); // three files, two lines and two lists of commands
        foreach (Match block in blocks)
        {
            var (before, content) = (block.Groups["before"].Value.Replace('\n', ' '), block.Groups["content"].Value);
            if (block.Groups["language"].Value == "sh") commands.AddRange(content.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            else if (Write().Match(before) is { Success: true } write) File.WriteAllText(In(write.Groups["file"].Value), content);
            else Insert(Add().Match(before), content);
        }

        return commands;
    }

    private void Insert(Match add, string line)
    {
        Assert.True(add.Success, $"no file is named for: {line}");
        var path = In(add.Groups["file"].Value);
        var lines = File.ReadAllLines(path).ToList();
        var at = lines.FindIndex(text => text.Contains(add.Groups["anchor"].Value, StringComparison.Ordinal));
        Assert.True(at >= 0, $"{path} has no line with {add.Groups["anchor"].Value}");
        lines.Insert(add.Groups["where"].Value == "below" ? at + 1 : at, line.TrimEnd('\n'));
        File.WriteAllLines(path, lines);
    }

    private string In(string file) => Path.Combine(_root.Path, file);

    private async Task Dotnet(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            WorkingDirectory = _root.Path, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        // The test host's own build has no say in this one, and no compiler is to outlive it.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList()) start.Environment.Remove(name);
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{await output}\n{error}");
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var inner in Directory.GetDirectories(from).Where(inner => !NotCopied.Contains(Path.GetFileName(inner)))) Copy(inner, Path.Combine(to, Path.GetFileName(inner)));
    }

    // A fenced block with the paragraph above it.
    [GeneratedRegex(@"(?<before>(?:[^\n]+\n)+)\n```(?<language>\w+)\n(?<content>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"Write `(?<file>[^`]+)`")]
    private static partial Regex Write();

    [GeneratedRegex(@"In `(?<file>[^`]+)`, (?<where>above|below) the line with `(?<anchor>[^`]+)`, add")]
    private static partial Regex Add();
}
