namespace Harness.Nodes;

/// <summary>Makes a program end with the harness that does not watch its standard input itself.</summary>
internal static class InputWatch
{
    /// <summary>
    /// Becomes the program, so that the process is its own, and leaves a watcher beside it that asks it to stop when standard input
    /// ends. The watcher first looks whether its parent still is that program, as process ids are used again.
    /// </summary>
    private const string Script =
        """
        exec 3<&0
        { while read -r _ <&3; do :; done
          read -r _ _ _ parent _ </proc/self/stat
          [ "$parent" = $$ ] && kill -TERM $$
        } >/dev/null 2>&1 &
        exec "$@" </dev/null 3<&-
        """;

    /// <summary>The command that runs <paramref name="command"/> so.</summary>
    public static List<string> Around(params IEnumerable<string> command) => ["sh", "-c", Script, "sh", .. command];
}
