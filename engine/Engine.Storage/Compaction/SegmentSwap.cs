using System.Globalization;
using Engine.Storage.Native;

namespace Engine.Storage.Compaction;

/// <summary>Puts one new segment file in the place of some old ones, such that a crash at any moment leaves the old or the new.</summary>
/// <remarks>
/// The new file is written under <c>first.cleaned</c> and flushed. Its renaming to <c>first-next.swap</c>, made durable, is the
/// moment from which it counts: whoever finds such a file at a start removes the segments between those offsets and renames it
/// again. Until then the old ones count, and a <c>.cleaned</c> is removed. The idea is Kafka's.
/// </remarks>
internal static class SegmentSwap
{
    private const string CleanedSuffix = ".cleaned";
    private const string SwapSuffix = ".swap";

    /// <summary>Where a replacement is written that begins with the segment at <paramref name="first"/>.</summary>
    public static string CleanedPath(string folder, long first) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{first:D20}{CleanedSuffix}"));

    /// <summary>What it is called from when it counts, in the place of all segments from <paramref name="first"/> up to <paramref name="next"/>.</summary>
    public static string CommittedPath(string folder, long first, long next) =>
        Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{first:D20}-{next:D20}{SwapSuffix}"));

    /// <summary>Whether a crash left this file behind.</summary>
    public static bool IsUnfinished(string name) =>
        name.EndsWith(CleanedSuffix, StringComparison.Ordinal) || name.EndsWith(SwapSuffix, StringComparison.Ordinal);

    /// <summary>Ends what a crash interrupted.</summary>
    /// <param name="folder">The log's.</param>
    /// <param name="bases">Where its segments begin, which this changes.</param>
    /// <exception cref="IOException">It could not be done; the folder is as sound as before.</exception>
    public static void Finish(string folder, List<long> bases, FileCalls calls)
    {
        foreach (var cleaned in Directory.GetFiles(folder, "*" + CleanedSuffix)) calls.Delete(cleaned);
        foreach (var swap in Directory.GetFiles(folder, "*" + SwapSuffix))
        {
            if (!TryParse(Path.GetFileNameWithoutExtension(swap), out var first, out var next)) continue;

            foreach (var old in bases.Where(offset => offset >= first && offset < next))
            {
                var (offsets, times) = Segment.IndexPaths(SegmentPath(old));
                calls.Delete(offsets);
                calls.Delete(times);
                calls.Delete(SegmentPath(old));
            }

            calls.SyncFolder(folder);
            calls.Rename(swap, SegmentPath(first));
            calls.SyncFolder(folder);
            bases.RemoveAll(offset => offset >= first && offset < next);
            bases.Add(first);
        }

        string SegmentPath(long offset) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{offset:D20}.log"));
    }

    private static bool TryParse(string name, out long first, out long next)
    {
        next = 0;
        return long.TryParse(name.AsSpan(0, Math.Min(20, name.Length)), NumberStyles.None, CultureInfo.InvariantCulture, out first)
            && name.Length == 41 && name[20] == '-' && long.TryParse(name.AsSpan(21), NumberStyles.None, CultureInfo.InvariantCulture, out next);
    }
}
