using System.Collections.Concurrent;
using Engine.Broker.Metadata;
using Engine.Broker.Partitions;
using Engine.Core.Cluster;
using Engine.Core.Partitions;

namespace Engine.Broker.Replication;

/// <summary>Takes leaders' in-sync changes to the metadata store, on a thread of its own: the store writes to disk.</summary>
/// <remarks>
/// A compare-and-set on the partition epoch (KIP-497). What the store takes comes back to the partition as a new state, like any other
/// change; so does what was decided meanwhile by others. Only a proposal that is certain never to be taken is reported as failed: until
/// then the leader waits for both sets, as the next leader may come from either.
/// </remarks>
internal sealed class InSyncProposals : IInSyncProposals, IDisposable
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);

    private readonly BlockingCollection<Proposal> _queue = [];
    private readonly ManualResetEventSlim _stop = new();
    private readonly IMetadataStore _store;
    private readonly int _nodeId;
    private readonly Thread _thread;

    public InSyncProposals(IMetadataStore store, int nodeId)
    {
        (_store, _nodeId) = (store, nodeId);
        _thread = new Thread(Run) { Name = "in-sync-changes", IsBackground = true };
        _thread.Start();
    }

    public void Propose(Partition partition, int[] inSync, int partitionEpoch, JoiningReplica? joining)
    {
        if (!_queue.IsAddingCompleted) _queue.Add(new Proposal(partition, inSync, partitionEpoch, joining));
    }

    public void GiveUp(Partition partition)
    {
        if (!_queue.IsAddingCompleted) _queue.Add(new Proposal(partition, [], -1, null) { GivesUp = true });
    }

    public void Dispose()
    {
        _queue.CompleteAdding();
        _stop.Set();
        _thread.Join();
        _queue.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        foreach (var proposal in _queue.GetConsumingEnumerable())
            for (var attempt = 1; !TryCommit(proposal, attempt) && !_stop.Wait(RetryPause); attempt++) { }
    }

    /// <summary>False when nobody knows whether the store took it: then it is asked again, which the partition epoch makes harmless.</summary>
    private bool TryCommit(Proposal proposal, int attempt)
    {
        var name = $"{proposal.Partition.Topic}-{proposal.Partition.Index}";
        try
        {
            if (proposal.GivesUp)
            {
                if (_store.Update(state => GiveUp(state, proposal.Partition))) NodeLog.Warn($"{name}: left to others, as its log failed here");
                return true;
            }

            var isRefused = false;
            if (_store.Update(state => Decide(state, proposal, out isRefused))) NodeLog.Info($"{name}: in sync are now {string.Join(",", proposal.InSync)}");
            else if (isRefused) proposal.Partition.ProposalFailed(proposal.PartitionEpoch);
            return true;
        }
        catch (ClusterRecordException error)
        {
            NodeLog.Warn($"{name}: in-sync change refused: {error.Message}");
            proposal.Partition.ProposalFailed(proposal.PartitionEpoch);
            return true;
        }
        catch (Exception error) when (error is IOException or MetadataException)
        {
            if (attempt == 1) NodeLog.Warn($"{name}: in-sync change failed, trying again: {error.Message}");
            return false;
        }
    }

    /// <param name="isRefused">The state is still the one that it was decided on and does not allow it. (On any other, the partition will be told of that.)</param>
    private static PartitionChanged[]? Decide(ClusterState state, Proposal proposal, out bool isRefused)
    {
        var (id, index) = (proposal.Partition.TopicId, proposal.Partition.Index);
        isRefused = false;
        if (state.FindTopic(id) is not { } topic || topic.Partitions[index] is not { } now || now.Epoch != proposal.PartitionEpoch) return null;

        isRefused = proposal.Joining is { } joining && !IsStillThere(state, joining);
        return isRefused ? null : [now.WithInSync([.. proposal.InSync], proposal.Partition.Settings.MinInSync, id, index)];
    }

    private PartitionChanged[]? GiveUp(ClusterState state, Partition partition) =>
        Leadership.GiveUp(state, _nodeId, partition.TopicId, partition.Index) is { } change ? [change] : null;

    // In a later run it may hold less than what it caught up with (KIP-903), and one that is dead would be waited for at once.
    private static bool IsStillThere(ClusterState state, JoiningReplica joining) =>
        state.Brokers.TryGetValue(joining.Node, out var broker) && broker.Alive && (joining.BrokerEpoch < 0 || broker.Epoch == joining.BrokerEpoch);

    private sealed record Proposal(Partition Partition, int[] InSync, int PartitionEpoch, JoiningReplica? Joining)
    {
        /// <summary>Whether this node leaves the set, whatever that is; the rest is not looked at.</summary>
        public bool GivesUp { get; init; }
    }
}
