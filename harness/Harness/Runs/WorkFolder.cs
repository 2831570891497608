using System.Globalization;

namespace Harness.Runs;

/// <summary>The folders that a campaign's nodes have their data in while it runs.</summary>
public static class WorkFolder
{
    /// <summary>Where Linux keeps its file system in memory (shm_overview(7)).</summary>
    private const string Memory = "/dev/shm";

    private const string MemoryPrefix = "testbed";

    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>What is to stay is called so, that nobody takes it for a leftover.</summary>
    private const string KeptSuffix = "-kept";

    /// <summary>Makes a campaign's: <c>EXPERIMENT-UTC-PID</c>.</summary>
    /// <param name="data">Where: <c>--data</c>.</param>
    /// <param name="experiment">Whose.</param>
    /// <param name="kept">Whether it stays.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static string Make(string data, string experiment, bool kept)
    {
        var now = DateTime.UtcNow.ToString(TimeFormat, CultureInfo.InvariantCulture);
        return Directory.CreateDirectory(Path.Combine(data, $"{experiment}-{now}-{Environment.ProcessId}{(kept ? KeptSuffix : "")}")).FullName;
    }

    /// <summary>Where a run has its data that is to have no disk under it: <c>testbed-PID-RUN</c>.</summary>
    internal static string InMemory(string run) => Path.Combine(Memory, $"{MemoryPrefix}-{Environment.ProcessId}-{run}");

    /// <summary>Deletes what campaigns left beside this one that were killed, or interrupted twice. A process id that is in use again keeps it.</summary>
    internal static void ReleaseOrphans(string own)
    {
        foreach (var folder in Directory.GetDirectories(Path.GetDirectoryName(own)!))
            if (Path.GetFileName(folder).Split('-') is [_, var time, var pid] && IsTime(time) && IsGone(pid)) Delete(folder);
        foreach (var folder in Directory.Exists(Memory) ? Directory.GetDirectories(Memory, MemoryPrefix + "-*") : [])
            if (Path.GetFileName(folder).Split('-', 3) is [_, var pid, _] && IsGone(pid)) Delete(folder);
    }

    private static bool IsTime(string text) => DateTime.TryParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static bool IsGone(string pid) =>
        int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && !Directory.Exists($"/proc/{number}");

    private static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Another user's, or another campaign deletes it too: it harms nobody.
        }
    }
}
