using Harness.Load;
using Harness.Measures;
using Harness.Nodes;
using Harness.Runs;
using Harness.Systems;

namespace Harness.Faults;

/// <summary>What faults happen to: a cluster that runs, what it stands on, and who watches it.</summary>
/// <param name="cluster">The nodes.</param>
/// <param name="ground">What they stand on.</param>
/// <param name="sampler">Is told of processes that take the place of others.</param>
/// <param name="topic">The topic under load: its first partition's leader is the leader.</param>
internal sealed class FaultScene(Cluster cluster, NodeGround ground, Sampler sampler, string topic)
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeaderPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(20);

    private readonly HashSet<int> _silent = [];
    private readonly Dictionary<int, int> _starts = [];
    private readonly Lock _lock = new();

    public NodeGround Ground => ground;

    /// <summary>Who is who now. A cluster that has no leader at this moment is asked again for a while.</summary>
    /// <exception cref="LoadException">It has none, or does not answer.</exception>
    public async Task<ClusterRoles> Roles(CancellationToken stop)
    {
        for (var until = Clock.Now + Clock.Nanoseconds(LeaderPatience); ; await Task.Delay(AskAgainAfter, stop))
        {
            try
            {
                return await Task.Run(Ask, stop);
            }
            catch (LoadException) when (Clock.Now < until)
            {
                // Between two leaders.
            }
        }
    }

    /// <summary>All nodes, where it does not matter who leads.</summary>
    public ClusterRoles WithoutRoles() => new([.. cluster.Nodes.Select(node => node.Id)], Leader: -1, Followers: [], Controller: -1);

    public int ProcessOf(int node) => Node(node).Process.Pid;

    public Task Kill(int node)
    {
        Silent(node, true);
        return cluster.Kill(node);
    }

    /// <summary>It stands still.</summary>
    public Task Pause(int node)
    {
        Silent(node, true);
        return cluster.Pause(node);
    }

    public async Task Continue(int node)
    {
        await cluster.Continue(node);
        Silent(node, false);
    }

    public async Task Stop(int node)
    {
        Silent(node, true);
        if (!await cluster.Stop(node)) throw new RunFailedException($"node {node} did not stop when asked and was killed");
    }

    public async Task StartAgain(int node, CancellationToken stop)
    {
        await cluster.Restart(node, stop);
        Silent(node, false);
        int start;
        lock (_lock) start = _starts[node] = _starts.GetValueOrDefault(node, 1) + 1;
        sampler.WatchNode(Measurement.NodeName(node, start), Node(node).Process);
    }

    private ClusterRoles Ask()
    {
        List<string> speaking;
        lock (_lock) speaking = [.. cluster.Nodes.Where(node => !_silent.Contains(node.Id)).Select(node => node.Endpoint)];
        using var admin = new AdminClient(speaking, AnswerTimeout);
        var partition = admin.DescribeTopic(topic).Partitions.Single(partition => partition.Partition == 0);
        if (partition.LeaderId < 0) throw new LoadException($"{topic} has no leader");
        // Not noticed yet: a fault for the leader is for the next one, not for a node that is away or just coming back.
        lock (_lock)
        {
            foreach (var away in new[] { partition.LeaderId, admin.ControllerId }.Where(_silent.Contains))
                throw new LoadException($"node {away} is away and still said to be leader of {topic} or controller");
        }

        return new ClusterRoles(WithoutRoles().Nodes, partition.LeaderId, [.. partition.Replicas.Where(replica => replica != partition.LeaderId)], admin.ControllerId);
    }

    private Node Node(int id) => cluster.Nodes.First(node => node.Id == id);

    private void Silent(int node, bool silent)
    {
        lock (_lock)
        {
            if (silent) _silent.Add(node);
            else _silent.Remove(node);
        }
    }
}
