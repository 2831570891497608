using System.Collections.Concurrent;
using Harness.Nodes;
using Harness.Plans;

namespace Harness.Systems;

/// <summary>The nodes of one system that run together, from their start to their end.</summary>
/// <remarks>
/// One caller at a time starts, kills and stops a node; different nodes may be others' at the same time. A kill or stop comes after a restart
/// that is under way.
/// </remarks>
public sealed class Cluster : IAsyncDisposable
{
    /// <summary>A clean stop flushes what the node holds, which takes as long as the disk needs for it.</summary>
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(30);

    private readonly ISystemUnderTest _system;
    private readonly ClusterPlan _plan;
    private readonly Node[] _nodes;
    private readonly ConcurrentDictionary<int, Task> _restarts = new();

    private Cluster(ISystemUnderTest system, ClusterPlan plan, Node[] nodes)
    {
        _system = system;
        _plan = plan;
        _nodes = nodes;
    }

    /// <summary>The nodes by id; a restarted node has taken the place of the one before.</summary>
    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>The addresses a client starts from: <c>127.0.0.1:40001,127.0.0.1:40002</c>.</summary>
    public string Bootstrap => string.Join(',', _nodes.Select(node => node.Endpoint));

    /// <summary>Starts all nodes side by side and returns when every one takes requests.</summary>
    /// <param name="system">The kind of broker.</param>
    /// <param name="plan">How many, and their settings.</param>
    /// <param name="dataFolder">Gets a folder per node and one for the cluster; what is there is gone on with.</param>
    /// <param name="logFolder">Gets a log per node.</param>
    /// <param name="firstPort">The first node's port for clients, the others count up from it; 0 takes free ones.</param>
    /// <param name="stop">Ends the wait; whatever was started is stopped.</param>
    /// <param name="settle">Gives a node another place, on a disk or in a network of its own; null leaves all where they are.</param>
    /// <exception cref="NodeFailedException">A node did not start; none is left running.</exception>
    public static async Task<Cluster> Start(
        ISystemUnderTest system, ClusterPlan plan, string dataFolder, string logFolder, int firstPort, CancellationToken stop, Func<NodePlace, NodePlace>? settle = null)
    {
        if (system.WhatIsMissing(plan) is { } missing) throw new NodeFailedException(missing);

        var places = system.Arrange(plan, [.. Enumerable.Range(1, plan.Nodes).Select(id => settle?.Invoke(PlaceOf(id)) ?? PlaceOf(id))]);
        if (plan.Tls != ClientTls.None)
        {
            // With the data, not with what is kept of a run: there is a private key in it.
            var tls = TlsFiles.Make(Path.Combine(dataFolder, "tls"), places.Select(place => place.Host));
            places = [.. places.Select(place => place with { Tls = tls })];
        }

        var starts = places.Select(place => system.StartNode(plan, place, stop)).ToArray();
        try
        {
            return new Cluster(system, plan, await Task.WhenAll(starts));
        }
        catch
        {
            foreach (var start in starts)
                if (start.IsCompletedSuccessfully) await (await start).Process.DisposeAsync();
            throw;
        }

        NodePlace PlaceOf(int id) => new(id, firstPort == 0 ? 0 : firstPort + id - 1,
            Path.Combine(dataFolder, $"node-{id}"), Path.Combine(dataFolder, "cluster"), Path.Combine(logFolder, $"node-{id}.log"));
    }

    /// <summary>Stops one node, cleanly where it goes.</summary>
    /// <returns>False when it had to be killed.</returns>
    public async Task<bool> Stop(int nodeId) => await (await Started(nodeId)).Process.Stop(StopDeadline);

    /// <summary>Kills a node (SIGKILL) as a crash would.</summary>
    public async Task Kill(int nodeId) => await (await Started(nodeId)).Process.Kill();

    /// <summary>Makes a node stand still until <see cref="Continue"/>.</summary>
    public Task Pause(int nodeId) => Find(nodeId).Process.Pause();

    /// <summary>Lets a paused node go on.</summary>
    public Task Continue(int nodeId) => Find(nodeId).Process.Continue();

    /// <summary>Starts a node that has ended again: same port, same data.</summary>
    public async Task Restart(int nodeId, CancellationToken stop)
    {
        var old = Find(nodeId);
        if (!old.Process.HasExited) throw new InvalidOperationException($"node {nodeId} still runs");

        var restart = Replace(old, stop);
        _restarts[nodeId] = restart;
        await restart;
    }

    /// <summary>Says so when a node ended although nobody asked it to.</summary>
    /// <exception cref="NodeFailedException">One has; the message carries the end of its log.</exception>
    public void ThrowIfOneEnded()
    {
        if (Array.Find(_nodes, node => node.Process.EndedByItself) is not { } gone) return;

        throw new NodeFailedException(
            $"node {gone.Id} ended by itself with exit code {gone.Process.ExitCode}. The end of its log ({gone.Place.LogFile}):\n{gone.Process.LogTail}");
    }

    /// <summary>Stops every node, cleanly where it goes.</summary>
    /// <returns>The nodes that had to be killed.</returns>
    public Task<IReadOnlyList<int>> Stop() => Stop(StopDeadline);

    /// <inheritdoc cref="Stop()"/>
    /// <param name="deadline">When a node that has not stopped is killed.</param>
    public async Task<IReadOnlyList<int>> Stop(TimeSpan deadline)
    {
        var clean = await Task.WhenAll(_nodes.Select(node => node.Process.Stop(deadline)));
        return [.. _nodes.Where((_, i) => !clean[i]).Select(node => node.Id)];
    }

    /// <summary>Ends whatever still runs, at once.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.Process.DisposeAsync();
    }

    private async Task Replace(Node old, CancellationToken stop)
    {
        await old.Process.DisposeAsync();
        _nodes[old.Id - 1] = await _system.StartNode(_plan, old.Place, stop);
    }

    /// <summary>The node, once a restart under way is over: others may see it lead before we see it ready, and hit its predecessor.</summary>
    private async Task<Node> Started(int nodeId)
    {
        // Whoever restarts it is told if that fails.
        if (_restarts.TryGetValue(nodeId, out var restart)) await restart.ContinueWith(_ => { }, TaskScheduler.Default);
        return Find(nodeId);
    }

    private Node Find(int nodeId) =>
        Array.Find(_nodes, node => node.Id == nodeId) ?? throw new ArgumentOutOfRangeException(nameof(nodeId), nodeId, "no such node");
}
