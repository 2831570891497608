using Engine.Protocol.Wire;
using Harness.Load.Sent;
using Harness.Load.Wire;

namespace Harness.Load.Producing;

/// <summary>One producer's lanes, and which partition's batches go which way: to its leader, or aside until there is a way to one.</summary>
/// <remarks>
/// A partition that is parked stays so until nothing of it is under way any more, so that what is sent again comes before what is
/// sent first, in the order of its records. Other partitions go on meanwhile. For the producer's thread, which never waits here.
/// </remarks>
internal sealed class Routes : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1); // after which a connection that was cut is tried anew

    private readonly LaneSettings _settings;
    private readonly IBatchOutcome _outcome;
    private readonly LeaderWatch _watch;
    private readonly Openings<LeaderLane> _openings;
    private readonly Parking[] _parkings;

    public Routes(SentStream[] streams, Cluster cluster, LaneSettings settings, IBatchOutcome outcome)
    {
        (_settings, _outcome) = (settings, outcome);
        var connectTimeout = settings.Timeout < ConnectTimeout ? settings.Timeout : ConnectTimeout;
        _watch = cluster.Watch(settings.Topic, connectTimeout, settings.Backoff);
        _openings = new(leader => new LeaderLane(
            leader, ControlConnection.VersionOf(leader, settings.ClientId, connectTimeout, ApiKey.Produce), connectTimeout, settings, outcome),
            Clock.Nanoseconds(settings.Backoff));
        _parkings = [.. streams.Select(stream => new Parking(stream))];
        ByPartition = [.. _parkings];
    }

    public List<LeaderLane> Lanes { get; } = [];

    /// <summary>The present way of each partition; the list stays, its entries change.</summary>
    public Lane[] ByPartition { get; }

    /// <summary>What to wait for, an entry a lane.</summary>
    public PollEntry[] Polled { get; private set; } = [];

    /// <summary>How many partitions have no way to a leader.</summary>
    public int ParkedCount { get; private set; }

    /// <summary>The parkings, whether used or not, by partition.</summary>
    public IReadOnlyList<Parking> Parkings => _parkings;

    /// <summary>Whether anything that was sent is neither acknowledged nor given up.</summary>
    public bool HasUnresolved => Array.Exists(_parkings, parking => parking.HoldsSent || parking.Stream.UnderWay > 0) || Lanes.Exists(lane => lane.Waiting > 0);

    public bool IsIdle => Lanes.TrueForAll(lane => lane.Waiting == 0 && lane.UnderWay == 0) && Array.TrueForAll(_parkings, parking => parking.Waiting == 0);

    /// <summary>Connects to all leaders, before the load begins.</summary>
    /// <exception cref="LoadException">One cannot be reached.</exception>
    public void Connect(Cluster cluster)
    {
        var leaders = cluster.Leaders(_settings.Topic);
        foreach (var leader in leaders.Distinct())
            Lanes.Add(new LeaderLane(leader, cluster.Version(leader, ApiKey.Produce), _settings.Timeout, _settings, _outcome));
        for (var partition = 0; partition < leaders.Length; partition++) ByPartition[partition] = Lanes.Find(lane => lane.Leader == leaders[partition])!;
        Polled = Entries();
    }

    /// <summary>Takes a partition aside with all that waits for its leader.</summary>
    public Parking Park(int partition, long now, TimeSpan atLeast)
    {
        var parking = _parkings[partition];
        foreach (var lane in Lanes) lane.TakeBack(partition, parking);
        if (ByPartition[partition] != parking)
        {
            ByPartition[partition] = parking;
            parking.ParkedAt = now;
            ParkedCount++;
        }

        (parking.Since, parking.Until) = (now, Math.Max(parking.Until, now + Clock.Nanoseconds(atLeast)));
        return parking;
    }

    public void ParkAll(long now)
    {
        for (var partition = 0; partition < ByPartition.Length; partition++) Park(partition, now, TimeSpan.Zero);
    }

    /// <summary>Takes a lane out that is of no more use; what was under way on it is still to be taken from it.</summary>
    public void Remove(LeaderLane lane, long now)
    {
        for (var partition = 0; partition < ByPartition.Length; partition++)
            if (ByPartition[partition] == lane) Park(partition, now, TimeSpan.Zero);
        // What is left are batches sent again for partitions that stay parked.
        while (lane.TryTakeWaiting(out var batch)) _parkings[batch.Stream.Partition].Enqueue(batch);
        Lanes.Remove(lane);
        Polled = Entries();
    }

    /// <summary>Leads parked partitions back to their leaders, as far as these are known and reached by now.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="onlySent">Whether only batches that were sent before may go; the partitions then stay parked.</param>
    public void Unpark(long now, bool onlySent)
    {
        foreach (var parking in _parkings)
        {
            var partition = parking.Stream.Partition;
            if (ByPartition[partition] != parking || now < parking.Until || parking.Stream.UnderWay > 0) continue;
            if (onlySent && !parking.HoldsSent) continue;
            if (_watch.Leader(partition, parking.Since) is not { } leader || LaneTo(leader, parking, now) is not { } way) continue;

            while (parking.TryTake(onlySent, out var batch)) way.Enqueue(batch);
            if (onlySent) continue;

            ByPartition[partition] = way;
            ParkedCount--;
        }
    }

    public void Dispose()
    {
        _openings.Dispose();
        foreach (var lane in Lanes) lane.Dispose();
    }

    private LeaderLane? LaneTo(BrokerAddress leader, Parking parking, long now)
    {
        if (Lanes.Find(lane => lane.Leader == leader) is { } known) return known;

        var opened = _openings.TryTake(leader, now, out var isDoubtful);
        if (isDoubtful) parking.Since = now; // perhaps it does not lead any more
        if (opened is null) return null;

        Lanes.Add(opened);
        Polled = Entries();
        return opened;
    }

    private PollEntry[] Entries() => [.. Lanes.Select(lane => new PollEntry { Socket = lane.Socket })];
}
