using Engine.Broker.Partitions;
using Engine.Storage;

namespace Engine.Broker;

/// <summary>What a node does by the clock: drop lagging followers from in-sync sets, drop old segments, close files nobody uses.</summary>
internal sealed class Housekeeping : IDisposable
{
    // How much a crash may leave to be read is what comes in meanwhile; a look at a log that rests costs some nanoseconds.
    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(5);

    private readonly PartitionTable _partitions;
    private readonly DataFolder _folder;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _retentionInterval;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;

    public Housekeeping(PartitionTable partitions, DataFolder folder, BrokerOptions options)
    {
        _partitions = partitions;
        _folder = folder;
        _retentionInterval = options.RetentionCheckInterval;
        _interval = new[] { _retentionInterval, options.ReplicaLagMax / 2, CheckpointInterval }.Min();
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
        while (!_stop.Wait(_interval))
        {
            foreach (var partition in _partitions.All)
            {
                partition.Tick();
                partition.Checkpoint();
            }

            if (MonotonicClock.Now < retainAt) continue;

            foreach (var partition in _partitions.All) partition.Retain();
            _folder.LetGoOfIdleFiles();
            retainAt = MonotonicClock.Now + _retentionInterval;
        }
    }
}
