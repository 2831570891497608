using System.Globalization;
using Harness.Nodes;

namespace Harness.Faults;

/// <summary>Which nodes a fault is about: <c>leader</c>, <c>follower</c>, <c>followers</c>, <c>controller</c>, <c>all</c> or <c>node-2</c>; for the
/// other end of a link also <c>others</c>, <c>clients</c>, <c>store</c> and <c>cluster</c>.</summary>
/// <remarks>Leader and followers are those of the topic's first partition, as they are when the fault begins.</remarks>
public readonly record struct FaultTarget(FaultTargetKind Kind, int Node = 0)
{
    /// <summary>Stands for the clients among the ends of links: no node has this id.</summary>
    internal const int Clients = NodeNetwork.Host;

    /// <summary>Stands for the metadata store among them.</summary>
    internal const int Store = NodeNetwork.Store;

    internal const string Allowed = "leader, follower, followers, controller, all or node-1, node-2, …";
    internal const string AllowedPeers = "others, clients, store, cluster, leader, follower, followers, controller, all or node-1, node-2, …";

    private const string NodePrefix = "node-";

    /// <summary>Whether the cluster has to be asked who that is.</summary>
    internal bool DependsOnRoles => Kind is FaultTargetKind.Leader or FaultTargetKind.Follower or FaultTargetKind.Followers or FaultTargetKind.Controller;

    public override string ToString() => Kind == FaultTargetKind.Node
        ? NodePrefix + Node.ToString(CultureInfo.InvariantCulture)
        : Kind.ToString().ToLowerInvariant();

    /// <summary>Reads a fault's target; null for what is none.</summary>
    internal static FaultTarget? Parse(string text) =>
        ParsePeers(text) is { Kind: not (FaultTargetKind.Others or FaultTargetKind.Clients or FaultTargetKind.Store or FaultTargetKind.Cluster) } target ? target : null;

    /// <summary>Reads the other end of a link; null for what is none.</summary>
    internal static FaultTarget? ParsePeers(string text)
    {
        if (text.StartsWith(NodePrefix, StringComparison.Ordinal))
            return int.TryParse(text.AsSpan(NodePrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var node) && node > 0
                ? new FaultTarget(FaultTargetKind.Node, node)
                : null;

        foreach (var kind in Enum.GetValues<FaultTargetKind>())
            if (kind != FaultTargetKind.Node && kind.ToString().Equals(text, StringComparison.OrdinalIgnoreCase)) return new FaultTarget(kind);
        return null;
    }

    /// <summary>The nodes by id, and <see cref="Clients"/>.</summary>
    /// <param name="roles">Who is who at this moment.</param>
    /// <param name="besides">Those at the near end of the link; empty for a fault's own target.</param>
    internal IReadOnlyList<int> Resolve(ClusterRoles roles, IReadOnlyList<int> besides) => Kind switch
    {
        FaultTargetKind.Leader => [roles.Leader],
        FaultTargetKind.Follower => [.. roles.Followers.Take(1)],
        FaultTargetKind.Followers => roles.Followers,
        FaultTargetKind.Controller => [roles.Controller],
        FaultTargetKind.All => roles.Nodes,
        FaultTargetKind.Others => Others(roles, besides),
        FaultTargetKind.Clients => [Clients],
        FaultTargetKind.Store => [Store],
        FaultTargetKind.Cluster => [.. Others(roles, besides), Store],
        _ => [Node],
    };

    // Of all nodes, the others are all: each one's others.
    private static IReadOnlyList<int> Others(ClusterRoles roles, IReadOnlyList<int> besides) =>
        roles.Nodes.Except(besides).ToList() is { Count: > 0 } others ? others : roles.Nodes;
}

public enum FaultTargetKind
{
    Leader,

    /// <summary>The first replica in assignment order that does not lead.</summary>
    Follower,

    Followers,

    /// <summary>The node that looks after the others, as the cluster's metadata names it.</summary>
    Controller,

    All,

    /// <summary>Every node but the fault's target.</summary>
    Others,

    /// <summary>Producers and consumers.</summary>
    Clients,

    /// <summary>The etcd by which the nodes agree.</summary>
    Store,

    /// <summary>Every node but the fault's target, and the store: what is left are the clients.</summary>
    Cluster,

    Node,
}

/// <summary>Who is who in a cluster at one moment.</summary>
/// <param name="Nodes">All nodes, from 1.</param>
/// <param name="Leader">The leader of the first partition under load.</param>
/// <param name="Followers">Its other replicas in assignment order.</param>
/// <param name="Controller">The node that looks after the others.</param>
internal sealed record ClusterRoles(IReadOnlyList<int> Nodes, int Leader, IReadOnlyList<int> Followers, int Controller);
