using Engine.Core.Partitions;

namespace Engine.Simulation.Machines;

/// <summary>A batch in a log.</summary>
/// <param name="Batch">Which batch its producer meant.</param>
/// <param name="Epoch">The leader epoch that wrote it.</param>
/// <param name="Chain">A hash of this batch and all before it: two logs with the same one at an offset are the same up to there.</param>
internal readonly record struct StoredBatch(long Batch, int Epoch, long BaseOffset, int Records, BatchSequence Sequence, ulong Chain)
{
    public long NextOffset => BaseOffset + Records;

    /// <summary>The place of the batch that holds an offset; the length when the log ends before.</summary>
    public static int IndexOf(ReadOnlySpan<StoredBatch> log, long offset)
    {
        var (low, high) = (0, log.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (log[middle].NextOffset <= offset) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    public static StoredBatch After(ulong chain, long batch, int epoch, long baseOffset, int records, in BatchSequence sequence) =>
        new(batch, epoch, baseOffset, records, sequence, Mix(Mix(Mix(chain, (ulong)batch), (ulong)epoch), (ulong)baseOffset));

    private static ulong Mix(ulong chain, ulong value)
    {
        var z = (chain ^ value) * 0xBF58476D1CE4E5B9 + 0x9E3779B97F4A7C15;
        return z ^ (z >> 29);
    }
}
