namespace Harness.Nodes;

/// <summary>A command to put before a program: it takes its own process into groups and onto CPUs, then becomes the program.</summary>
/// <remarks>So a runtime that looks once, when it starts, at how many CPUs and how much memory there are, sees what it will have.</remarks>
internal static class Launcher
{
    private const string Join = "while [ \"$1\" != -- ]; do echo $$ > \"$1\" || exit 125; shift; done; shift; exec \"$@\"";

    /// <summary>The command; empty where nothing is asked for.</summary>
    /// <param name="joinFiles">See <see cref="ControlGroup.JoinFiles"/>.</param>
    /// <param name="cpus">A list as taskset(1) takes it: <c>0-1,3</c>; null for any.</param>
    public static IReadOnlyList<string> Of(IEnumerable<string> joinFiles, string? cpus)
    {
        var groups = joinFiles.ToList();
        IReadOnlyList<string> join = groups.Count == 0 ? [] : ["sh", "-c", Join, "sh", .. groups, "--"];
        return cpus is null ? join : [.. join, "taskset", "-c", cpus];
    }
}
