using Engine.Broker.Metadata;
using Engine.Core.Cluster;

namespace Engine.Broker.Cluster;

/// <summary>While this node is the controller: gives partitions whose leader died another, as <see cref="LeaderElection"/> decides.</summary>
/// <remarks>
/// Every node runs one, and it sleeps unless the store says that this node is the one. What it records is decided on one version of the
/// state and refused on any other, so one that is paused half-way, or was replaced meanwhile, cannot do harm; and it follows from the
/// state alone, so the next controller goes on where one was killed. On a thread of its own: the store's must not wait for the store.
/// </remarks>
internal sealed class Controller : IDisposable
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);

    private readonly IMetadataStore _store;
    private readonly TopicConfig _defaults;
    private readonly TimeSpan _balanceInterval;
    private readonly AutoResetEvent _wake = new(false);
    private readonly IDisposable _watch;
    private readonly Thread _thread;
    private volatile bool _stopping;
    private bool _fails;
    private ClusterState? _settled;

    /// <param name="store">Where the cluster's state is kept.</param>
    /// <param name="defaults">What topics have that do not say otherwise.</param>
    /// <param name="balanceInterval">How often leaderships go back to where the assignments want them; null: never.</param>
    public Controller(IMetadataStore store, TopicConfig defaults, TimeSpan? balanceInterval)
    {
        (_store, _defaults, _balanceInterval) = (store, defaults, balanceInterval ?? Timeout.InfiniteTimeSpan);
        _watch = store.Watch(_ => _wake.Set());
        _thread = new Thread(Run) { Name = "controller", IsBackground = true };
        _thread.Start();
    }

    public void Dispose()
    {
        _watch.Dispose();
        _stopping = true;
        _wake.Set();
        _thread.Join();
        // The event is left to the collector: the store's thread may be calling the watcher at this moment.
    }

    private void Run()
    {
        var balanceAt = MonotonicClock.Now + Interval;
        for (var pause = Interval; !_stopping; _wake.WaitOne(pause))
        {
            pause = Interval;
            if (!_store.IsController) continue;
            try
            {
                Settle();
                _fails = false;
                if (MonotonicClock.Now < balanceAt) continue;
                Balance();
                balanceAt = MonotonicClock.Now + Interval;
            }
            catch (Exception error) when (error is IOException or ClusterRecordException or MetadataException)
            {
                if (!_fails) NodeLog.Warn($"the controller's changes were not recorded, trying again: {error.Message}");
                _fails = true;
                pause = RetryPause;
            }
        }
    }

    // Long enough to be never, short enough to be added to a moment.
    private TimeSpan Interval => _balanceInterval == Timeout.InfiniteTimeSpan ? TimeSpan.FromDays(1) : _balanceInterval;

    private void Settle()
    {
        var looked = _settled;
        _store.UpdateInSteps(state => LeaderElection.Changes(looked = state, _defaults, _settled), Tell);
        _settled = looked; // The last look found nothing to change.
    }

    private void Balance()
    {
        if (_balanceInterval == Timeout.InfiniteTimeSpan) return;
        if (_store.UpdateInSteps(LeaderElection.Preferred)) NodeLog.Info("leaderships went back to the first of their assignments");
    }

    private static void Tell(ClusterState before, IReadOnlyList<ClusterRecord> records)
    {
        var (elected, leaderless) = (0, 0);
        foreach (var change in records.OfType<PartitionChanged>())
        {
            var topic = before.FindTopic(change.TopicId)!;
            var partition = topic.Partitions[change.Partition];
            if (change.Leader == partition.Leader) continue;
            if (change.Leader < 0) leaderless++;
            else elected++;
            if (change.Leader >= 0 && !partition.Isr.Contains(change.Leader) && !partition.Eligible.Contains(change.Leader))
                NodeLog.Warn($"{topic.Name}-{change.Partition}: node {change.Leader} leads though it may lack committed records, as unclean.leader.election.enable allows");
        }

        NodeLog.Info($"controller: {elected} of {records.Count} changed partitions have a new leader, {leaderless} wait for one");
    }
}
