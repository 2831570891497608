using System.Runtime.InteropServices;
using Engine.Simulation.Machines;

namespace Engine.Simulation;

/// <summary>What has become a fact, as those saw it who rely on it: committed, acknowledged, read.</summary>
internal sealed class Witness
{
    /// <summary>What was committed, in order: the first time that some leader's high watermark passed it.</summary>
    public List<StoredBatch> CommittedBatches { get; } = [];

    /// <summary>The offset after the last record that was ever committed.</summary>
    public long CommittedEnd { get; private set; }

    public ulong CommittedChain => CommittedBatches.Count == 0 ? 0 : CommittedBatches[^1].Chain;

    public List<Acknowledged> Acks { get; } = [];

    public List<StoredBatch> Reads { get; } = [];

    /// <summary>A leader's high watermark has moved.</summary>
    public void Committed(SimulatedDisk leaders, long highWatermark)
    {
        // A leader with other records than those committed before is not believed; the laws see it.
        if (highWatermark <= CommittedEnd || leaders.ChainAt(CommittedEnd) != CommittedChain) return;

        for (var i = leaders.IndexOf(CommittedEnd); i < leaders.Batches.Length && leaders.Batches[i].NextOffset <= highWatermark; i++)
            CommittedBatches.Add(leaders.Batches[i]);
        CommittedEnd = CommittedBatches.Count == 0 ? 0 : CommittedBatches[^1].NextOffset;
    }

    /// <summary>The hash of everything committed before an offset; null when no committed batch ends there.</summary>
    public ulong? ChainAt(long offset)
    {
        if (offset == CommittedEnd) return CommittedChain;
        var next = IndexOf(offset);
        return next == CommittedBatches.Count || CommittedBatches[next].BaseOffset != offset ? null
            : next == 0 ? 0 : CommittedBatches[next - 1].Chain;
    }

    /// <summary>The committed batch that begins at an offset.</summary>
    public StoredBatch? Find(long baseOffset)
    {
        var index = IndexOf(baseOffset);
        return index < CommittedBatches.Count && CommittedBatches[index].BaseOffset == baseOffset ? CommittedBatches[index] : null;
    }

    private int IndexOf(long offset) => StoredBatch.IndexOf(CollectionsMarshal.AsSpan(CommittedBatches), offset);
}

/// <summary>A producer was told that its batch is stored.</summary>
/// <param name="IsPromised">Whether that was with acks=all.</param>
internal readonly record struct Acknowledged(long Batch, long BaseOffset, bool IsPromised);
