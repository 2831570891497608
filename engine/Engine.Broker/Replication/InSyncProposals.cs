using System.Collections.Concurrent;
using Engine.Broker.Metadata;
using Engine.Broker.Partitions;
using Engine.Core.Cluster;

namespace Engine.Broker.Replication;

/// <summary>Takes leaders' in-sync changes to the metadata store, on a thread of its own: the store writes to disk.</summary>
/// <remarks>
/// A compare-and-set on the partition epoch (KIP-497). What the store takes comes back to the partition as a new state, like
/// any other change; what it refuses was decided on an old state, and the leader decides again on the newer one.
/// </remarks>
internal sealed class InSyncProposals : IInSyncProposals, IDisposable
{
    private readonly BlockingCollection<Proposal> _queue = [];
    private readonly IMetadataStore _store;
    private readonly Thread _thread;

    public InSyncProposals(IMetadataStore store)
    {
        _store = store;
        _thread = new Thread(Run) { Name = "in-sync-changes", IsBackground = true };
        _thread.Start();
    }

    public void Propose(Partition partition, int[] inSync, int partitionEpoch)
    {
        if (!_queue.IsAddingCompleted) _queue.Add(new Proposal(partition, inSync, partitionEpoch));
    }

    public void Dispose()
    {
        _queue.CompleteAdding();
        _thread.Join();
        _queue.Dispose();
    }

    private void Run()
    {
        foreach (var proposal in _queue.GetConsumingEnumerable())
        {
            try
            {
                if (Commit(proposal)) NodeLog.Info($"{proposal.Partition.Topic}-{proposal.Partition.Index}: in sync are now {string.Join(",", proposal.InSync)}");
                else proposal.Partition.ProposalFailed();
            }
            catch (Exception error) when (error is IOException or ClusterRecordException or MetadataException)
            {
                NodeLog.Warn($"{proposal.Partition.Topic}-{proposal.Partition.Index}: in-sync change failed: {error.Message}");
                proposal.Partition.ProposalFailed();
            }
        }
    }

    private bool Commit(Proposal proposal) => _store.Update(state =>
    {
        var (id, index) = (proposal.Partition.TopicId, proposal.Partition.Index);
        if (state.FindTopic(id) is not { } topic || topic.Partitions[index] is not { } now || now.Epoch != proposal.PartitionEpoch) return null;
        return [new PartitionChanged(id, index, now.Leader, now.LeaderEpoch, [.. proposal.InSync], now.Epoch + 1)];
    });

    private sealed record Proposal(Partition Partition, int[] InSync, int PartitionEpoch);
}
