namespace Engine.Core.Partitions;

/// <summary>A partition's snapshots on its disk.</summary>
/// <remarks>
/// Losing one costs reading further back; one that tells of batches that were since truncated would be worse, so those are gone for
/// good before the log is cut.
/// </remarks>
public interface IProducerSnapshots
{
    /// <summary>The newest sound snapshot between two offsets, both included; null when there is none.</summary>
    ProducerSnapshot? Newest(long from, long to);

    /// <summary>
    /// Removes all that tell of batches from <paramref name="offset"/> on, also such as are yet to be written; they stay away after a power
    /// cut too.
    /// </summary>
    /// <exception cref="IOException">They could not be removed: the log must not be cut.</exception>
    void DropAbove(long offset);

    /// <summary>Has a snapshot written in the background; should that fail, it is not.</summary>
    /// <param name="durably">Whether it is to survive a power cut.</param>
    void Take(ProducerSnapshot snapshot, bool durably);
}
