using System.Numerics;
using System.Runtime.InteropServices;
using Engine.Simulation.Machines;
using Engine.Simulation.Nodes;

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

    /// <summary>How many records that a majority had acknowledged were lost by leaders that were not of it.</summary>
    public int LostQuorumAcks { get; set; }

    /// <summary>What leaders have acknowledged, whether or not their producers ever heard of it.</summary>
    public List<Vouched> Vouches { get; } = [];

    public List<StoredBatch> Reads { get; } = [];

    /// <summary>The highest offset before which records were deleted, by request or by age.</summary>
    public long DeletedTo { get; private set; }

    /// <summary>Somebody has had the records before an offset deleted.</summary>
    public void Deleted(long offset) => DeletedTo = Math.Max(DeletedTo, offset);

    /// <summary>A leader acknowledges a batch.</summary>
    /// <remarks>Who has it is who has the leader's copy. One that an earlier leader wrote at the same offset, before the producer sent
    /// the batch again, is another: its holder is still to cut it off, and nobody counts on it.</remarks>
    public void Vouched(Schedule schedule, SimulatedNode leader, Produce asked, long baseOffset)
    {
        var (holders, flushed) = (0u, 0u);
        var epoch = leader.Disk.Find(baseOffset)?.Epoch;
        foreach (var node in schedule.Nodes)
        {
            if (!node.Disk.Holds(asked.Batch, baseOffset)) continue;
            if (epoch is { } its && node.Disk.Find(baseOffset) is { } copy && copy.Epoch != its) continue;
            holders |= 1u << node.Id;
            if (node.Disk.FlushedEnd >= baseOffset + asked.Records) flushed |= 1u << node.Id;
        }

        var state = schedule.Store.State;
        var isRegistered = state.IsAlive(leader.Id) && state.Brokers[leader.Id].Epoch == leader.BrokerEpoch;
        Vouches.Add(new Vouched(asked.Batch, baseOffset, leader.Id, leader.Replica!.State.LeaderEpoch, asked.AcksAll, holders, flushed, isRegistered || leader.IsLeaving));
    }

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

/// <summary>A leader acknowledged a batch, and this is how things were at that moment.</summary>
/// <param name="Holders">The nodes that had the leader's copy of it, a bit each.</param>
/// <param name="Flushed">Those of them that had flushed it.</param>
/// <param name="WasThere">Whether the leader's registration stood, or it was about to end that itself.</param>
internal readonly record struct Vouched(long Batch, long BaseOffset, int Leader, int LeaderEpoch, bool IsPromised, uint Holders, uint Flushed, bool WasThere)
{
    public int HolderCount => BitOperations.PopCount(Holders);

    public int FlushedCount => BitOperations.PopCount(Flushed);
}
