using Engine.Core.Cluster;
using Engine.Simulation.Machines;

namespace Engine.Simulation.Nodes;

/// <summary>The metadata store: one ordered log of records with compare-and-set, sessions, and one controller at a time.</summary>
/// <remarks>It is always there, as a store of several machines is; what may fail is the way to it.</remarks>
internal sealed class SimulatedStore(Schedule schedule, int id, int nodes, ClusterState state) : Endpoint(schedule, id)
{
    private readonly long[] _lastHeartbeat = new long[nodes];
    private int _controller = -1;

    public ClusterState State { get; private set; } = state;

    /// <summary>-1 while there is none.</summary>
    public int Controller => _controller;

    protected override void Receive(Message message)
    {
        if (message is Heartbeat heartbeat) Take(heartbeat);
        else if (message is StoreAppend append) Take(append);
    }

    protected override void Due(int timer) => throw new InvalidOperationException("the store has no timers");

    private void Take(Heartbeat heartbeat)
    {
        var node = heartbeat.From;
        if (State.Brokers[node] is { Alive: true } broker && broker.Epoch == heartbeat.BrokerEpoch)
        {
            _lastHeartbeat[node] = Schedule.Now;
            if (_controller < 0 || IsExpired(_controller)) _controller = node;
        }

        Send(node, new HeartbeatAnswer(State, node == _controller, node == _controller ? Expired() : []));
    }

    private void Take(StoreAppend append)
    {
        var isTaken = append.ExpectedVersion == State.Version;
        if (isTaken)
        {
            foreach (var record in append.Records)
            {
                State = State.Apply(record);
                if (record is BrokerRegistered registered) _lastHeartbeat[registered.NodeId] = Schedule.Now;
            }
        }

        Send(append.From, new StoreAnswer(append.Token, isTaken, State));
        if (!isTaken) return;
        for (var node = 0; node < _lastHeartbeat.Length; node++)
            if (node != append.From) Send(node, new News(State));
    }

    private (int Node, long Epoch)[] Expired() =>
        [.. State.LiveBrokers.Where(broker => IsExpired(broker.NodeId)).Select(broker => (broker.NodeId, broker.Epoch))];

    private bool IsExpired(int node) => !State.IsAlive(node) || Schedule.Now - _lastHeartbeat[node] > Setting.SessionTimeout;
}
