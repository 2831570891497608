namespace Harness.Faults;

/// <summary>Something that goes wrong with nodes, and how it is put right.</summary>
public abstract record Fault
{
    private protected Fault()
    {
    }

    /// <summary>What the nodes must stand on for it, made before they start.</summary>
    internal virtual FaultNeeds Needs => FaultNeeds.None;

    /// <summary>The other ends of the links it is about; null for a fault of nodes alone.</summary>
    internal virtual FaultTarget? Peers => null;

    /// <summary>Brings it about; in force when this completes.</summary>
    /// <param name="scene">The cluster and what it stands on.</param>
    /// <param name="nodes">The nodes it is about.</param>
    /// <param name="peers">Those at the other ends of their links, where <see cref="Peers"/> says so.</param>
    /// <param name="stop">Gives up: the whole run is ended.</param>
    internal abstract Task Begin(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop);

    /// <summary>Puts right what <see cref="Begin"/> did with the same nodes; it is over when this completes.</summary>
    internal virtual Task Heal(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop) => Task.CompletedTask;
}

/// <summary>What a run takes of the machine beyond its nodes' processes.</summary>
[Flags]
public enum FaultNeeds
{
    None = 0,

    /// <summary>A network namespace for each node, joined by a bridge.</summary>
    Network = 1,

    /// <summary>A proxy before each node's listener for brokers; comes with <see cref="Network"/>, by which it knows who calls.</summary>
    Proxies = 2 | Network,

    /// <summary>A file system of its own for each node.</summary>
    Disks = 4,

    /// <summary>The kernel's block I/O controller.</summary>
    Throttle = 8,

    /// <summary>An etcd for the nodes to agree by; with <see cref="Network"/> in a namespace of its own.</summary>
    Store = 16,

    /// <summary>Another process may watch a node's system calls and answer in the kernel's place.</summary>
    Tracer = 32,
}
