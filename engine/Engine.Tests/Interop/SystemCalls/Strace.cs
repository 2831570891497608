using System.Globalization;
using System.Text.RegularExpressions;

namespace Engine.Tests.Interop.SystemCalls;

/// <summary>The system calls that a node made, as strace saw them.</summary>
internal static partial class Strace
{
    /// <summary>The command to run a node under: it records these calls, with the paths of their files, in <paramref name="file"/>.</summary>
    /// <remarks>The filter lives in the kernel (seccomp), so calls that are not asked for cost the node nothing.</remarks>
    public static IReadOnlyList<string> Record(string file, string calls, params string[] options) =>
        ["strace", "-f", "--seccomp-bpf", "-qq", "-y", "-o", file, "-e", $"trace={calls}", .. options];

    /// <summary>What each recorded call returned, in order; a failed call is negative.</summary>
    /// <param name="file">What was recorded.</param>
    /// <param name="path">Counts only calls on files whose path holds this; null for all.</param>
    public static List<long> Results(string file, string? path = null)
    {
        var results = new List<long>();
        foreach (var call in Calls(file))
        {
            if (path is not null && !call.Contains(path, StringComparison.Ordinal)) continue;
            if (Result().Match(call) is { Success: true } match) results.Add(long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
        }

        return results;
    }

    /// <summary>Each recorded call on one line, with its arguments and what it returned, in the order in which they ended.</summary>
    public static IEnumerable<string> Calls(string file)
    {
        var begun = new Dictionary<string, string>();
        foreach (var line in File.ReadLines(file))
        {
            // A call that another thread's got in between of stands on two lines; the first has the file, the second the result.
            if (!line.Contains(' ', StringComparison.Ordinal)) continue; // just being written
            var thread = line[..line.IndexOf(' ', StringComparison.Ordinal)];
            if (line.Contains(" syscall_0x", StringComparison.Ordinal)) continue; // too new for this strace, which then shows it asked for or not
            if (line.EndsWith("<unfinished ...>", StringComparison.Ordinal)) begun[thread] = line;
            else if (line.Contains(" resumed>", StringComparison.Ordinal) && begun.Remove(thread, out var start)) yield return start + line;
            else yield return line;
        }
    }

    [GeneratedRegex(@"\) *= (-?\d+)")]
    private static partial Regex Result();
}
