using Harness.Measures;

namespace Harness.Runs;

/// <summary>Takes what nodes have written out of the page cache, and makes sure that it is.</summary>
internal static class ColdCache
{
    /// <summary>How much of the files may still be cached after they were dropped; the node has its newest pages in use.</summary>
    private const double Tolerance = 0.1;

    /// <summary>Drops them.</summary>
    /// <param name="folder">Where the nodes' data lies.</param>
    /// <param name="fillBytes">How much of it must have gone.</param>
    /// <exception cref="RunFailedException">It stayed.</exception>
    public static void Make(string folder, long fillBytes)
    {
        // The machine's sum also moves with what others do; it must do where the kernel cannot tell of single files.
        var before = Cached(folder);
        DataFiles.Drop(folder);
        var dropped = before - Cached(folder);
        if (dropped < fillBytes * (1 - Tolerance))
            throw new RunFailedException($"only {dropped:N0} of {fillBytes:N0} bytes left the page cache: the run would not be cold");
    }

    private static long Cached(string folder) => PageCacheResidency.Of(folder, "*.log") ?? MachineCounters.Read(null).CachedBytes;
}
