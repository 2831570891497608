using Engine.Broker.Partitions;

namespace Engine.Broker;

/// <summary>What a node does by the clock: drop lagging followers from in-sync sets, drop old segments.</summary>
internal sealed class Housekeeping : IDisposable
{
    private readonly PartitionTable _partitions;
    private readonly TimeSpan _lagCheckInterval;
    private readonly TimeSpan _retentionInterval;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;

    public Housekeeping(PartitionTable partitions, BrokerOptions options)
    {
        _partitions = partitions;
        _retentionInterval = options.RetentionCheckInterval;
        _lagCheckInterval = options.ReplicaLagMax / 2 < _retentionInterval ? options.ReplicaLagMax / 2 : _retentionInterval;
        _thread = new Thread(Run) { Name = "housekeeping", IsBackground = true };
        _thread.Start();
    }

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        var retainAt = MonotonicClock.Now + _retentionInterval;
        while (!_stop.Wait(_lagCheckInterval))
        {
            foreach (var partition in _partitions.All) partition.Tick();
            if (MonotonicClock.Now < retainAt) continue;

            foreach (var partition in _partitions.All) partition.Retain();
            retainAt = MonotonicClock.Now + _retentionInterval;
        }
    }
}
