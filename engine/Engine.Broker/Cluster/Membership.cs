using Engine.Broker.Metadata;
using Engine.Core.Cluster;

namespace Engine.Broker.Cluster;

/// <summary>This node's place in the cluster: it registers, does so again when it was taken for dead while it lived, and leaves in order.</summary>
/// <remarks>
/// Every registration has a broker epoch of its own, so what was asked or proposed under an earlier one is told apart. A node that was
/// paused or cut off lost its leaderships, but none of its records: it comes back as a follower, cuts its logs to where they part from
/// the new leaders' (by epoch, KIP-101), and joins the in-sync sets once it has caught up.
/// </remarks>
internal sealed class Membership : ISession, IDisposable
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);

    // A node that is stuck for longer must not keep another from stopping.
    private static readonly TimeSpan HandOverPatience = TimeSpan.FromSeconds(2);

    private readonly IMetadataStore _store;
    private readonly int _nodeId;
    private readonly TopicConfig _defaults;
    private readonly long _firstEpoch;
    private readonly IDisposable _watch;
    private readonly AutoResetEvent _ended = new(false);
    private BrokerRegistered? _node;
    private Thread? _thread;
    private volatile bool _isRegistered;
    private volatile bool _leaving;

    public Membership(IMetadataStore store, int nodeId, TopicConfig defaults)
    {
        (_store, _nodeId, _defaults) = (store, nodeId, defaults);
        _firstEpoch = store.State.Version + 1; // Registrations before are of an earlier run, also one that has not been ended yet.
        _watch = store.Watch(Look);
    }

    public bool IsHeld => _isRegistered && _store.HoldsSession;

    public bool IsRegistered(int nodeId, long brokerEpoch) =>
        _store.State.Brokers.TryGetValue(nodeId, out var broker) && broker.Alive && broker.Epoch == brokerEpoch;

    /// <summary>From here on the node takes part: its registration also takes back what it led, each in a new epoch.</summary>
    /// <param name="node">Its addresses; the epoch is chosen here.</param>
    /// <param name="mayHaveLost">Whether records that it had acknowledged may be gone from its disk.</param>
    public void Join(BrokerRegistered node, bool mayHaveLost)
    {
        _node = node;
        _store.Register(node, mayHaveLost);
        _thread = new Thread(StayRegistered) { Name = "membership", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Stops taking part: others lead what this node led, and have begun to, before it is recorded as stopped.</summary>
    /// <remarks>It serves on meanwhile: clients learn from it that the leader is another, and where.</remarks>
    public void Leave()
    {
        _leaving = true;
        try
        {
            if (_store.UpdateInSteps(state => Leadership.HandOver(state, _nodeId)) && !_store.WaitForNodes(_store.State.Version, HandOverPatience))
                NodeLog.Warn("not every node has taken note yet of the leaderships that it was handed");
            _store.Update(state => IsAlive(state) ? [new BrokerStopped(_nodeId, state.Brokers[_nodeId].Epoch)] : null);
            // What the controller does too, but that may be this node. Without it the new leaders would wait for one that is gone.
            _store.UpdateInSteps(state => LeaderElection.Changes(state, _defaults).Where(change => change.Leader >= 0));
        }
        catch (Exception error) when (error is IOException or ClusterRecordException or MetadataException)
        {
            NodeLog.Warn($"stopping without having handed over everything: {error.Message}");
        }
    }

    public void Dispose()
    {
        _leaving = true;
        _watch.Dispose();
        _ended.Set();
        _thread?.Join();
        // The event is left to the collector: the store's thread may be calling the watcher at this moment.
    }

    // On the store's thread, which must not wait for the store: registering is the other thread's.
    private void Look(ClusterState state)
    {
        _isRegistered = IsAlive(state);
        if (!_isRegistered) _ended.Set();
    }

    private void StayRegistered()
    {
        while (!_leaving)
        {
            var pause = Timeout.InfiniteTimeSpan;
            try
            {
                if (!IsAlive(_store.State)) pause = TryRegisterAgain() ? Timeout.InfiniteTimeSpan : RetryPause;
            }
            catch (Exception error) when (error is IOException or ClusterRecordException or MetadataException)
            {
                NodeLog.Warn($"registering again failed: {error.Message}");
                pause = RetryPause;
            }

            _ended.WaitOne(pause);
        }
    }

    private bool TryRegisterAgain()
    {
        // Without a session it would be ended at once.
        if (!_store.HoldsSession) return false;

        NodeLog.Warn($"node {_nodeId} was taken for dead while it lives: registering again");
        _store.Update(state => IsAlive(state) || _leaving ? null :
        [
            _node! with { BrokerEpoch = state.Version + 1 },
            // Paused or cut off, it lost nothing.
            .. Leadership.Return(state, _nodeId, mayHaveLost: false),
        ]);
        return true;
    }

    private bool IsAlive(ClusterState state) =>
        state.Brokers.TryGetValue(_nodeId, out var self) && self.Alive && self.Epoch >= _firstEpoch;
}
