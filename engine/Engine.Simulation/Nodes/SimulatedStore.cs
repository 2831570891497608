using Engine.Core.Cluster;
using Engine.Simulation.Machines;

namespace Engine.Simulation.Nodes;

/// <summary>The metadata store: one ordered log of records with compare-and-set, sessions, and one controller at a time.</summary>
/// <remarks>
/// What was taken is durable. It may be gone for a while and come back, or stand still and go on: sessions count on from then, or seem
/// over all at once. And the way to it may fail.
/// </remarks>
internal sealed class SimulatedStore(Schedule schedule, int id, int nodes, ClusterState state) : Endpoint(schedule, id)
{
    private readonly long[] _lastHeartbeat = new long[nodes];
    private int _controller = -1;

    public ClusterState State { get; private set; } = state;

    /// <summary>-1 while there is none.</summary>
    public int Controller => _controller;

    /// <summary>Its process is killed. What it was told and has not dealt with is lost.</summary>
    public void Crash() => EndLife();

    /// <summary>It is there again: it knows the state, and gives every session its time anew.</summary>
    public void Start()
    {
        (IsUp, _controller) = (true, -1);
        Array.Fill(_lastHeartbeat, Schedule.Now);
    }

    protected override void Receive(Message message)
    {
        if (message is Heartbeat heartbeat) Take(heartbeat);
        else if (message is StoreAppend append) Take(append);
    }

    protected override void Due(int timer) => throw new InvalidOperationException("the store has no timers");

    private void Take(Heartbeat heartbeat)
    {
        var node = heartbeat.From;
        var counts = State.Brokers[node] is { Alive: true } broker && broker.Epoch == heartbeat.BrokerEpoch;
        if (counts)
        {
            _lastHeartbeat[node] = Schedule.Now;
            if (_controller < 0 || IsExpired(_controller)) _controller = node;
        }

        Send(node, new HeartbeatAnswer(heartbeat, counts, State, node == _controller, node == _controller ? Expired() : []));
    }

    private void Take(StoreAppend append)
    {
        // What is decided from somebody's silence holds only while that lasts.
        var isDisproved = append.Records.OfType<BrokerStopped>().Any(stopped => stopped.NodeId != append.From && !IsExpired(stopped.NodeId));
        var isTaken = append.ExpectedVersion == State.Version && !isDisproved;
        if (isTaken)
        {
            foreach (var record in append.Records)
            {
                State = State.Apply(record);
                if (record is BrokerRegistered registered) _lastHeartbeat[registered.NodeId] = Schedule.Now;
            }
        }

        Send(append.From, new StoreAnswer(append.Token, isTaken, isDisproved, State));
        if (!isTaken) return;
        for (var node = 0; node < _lastHeartbeat.Length; node++)
            if (node != append.From) Send(node, new News(State));
    }

    private (int Node, long Epoch)[] Expired() =>
        [.. State.LiveBrokers.Where(broker => IsExpired(broker.NodeId)).Select(broker => (broker.NodeId, broker.Epoch))];

    private bool IsExpired(int node) => !State.IsAlive(node) || Schedule.Now - _lastHeartbeat[node] > Setting.SessionTimeout;
}
