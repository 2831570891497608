using Engine.Core.Cluster;

namespace Engine.Broker.Metadata;

/// <summary>Where the nodes of a cluster agree: an ordered log of records, of which every node sees the same prefix.</summary>
/// <remarks>
/// Everything here may be called from any thread, but a watcher must not dispose the store. The controller's store also records
/// the end of a node that died or fell silent (<see cref="BrokerStopped"/>), because only it can tell: by a lock that the system
/// lets go, a heartbeat that stops, or a lease that runs out. A node for which that was recorded while it lived may register again.
/// A store that cannot go on (disk failed, journal damaged) ends the process: a node that does not hear of a new leader
/// must not go on as the old one.
/// </remarks>
internal interface IMetadataStore : IDisposable
{
    /// <summary>The newest state this node knows; never older than one seen before.</summary>
    ClusterState State { get; }

    /// <summary>Whether this node is the one that looks after the others. At most one is at a time; for moments none is.</summary>
    /// <remarks>
    /// Watchers are called again when it changes. What a controller decides it appends at the version it decided on: should another have
    /// taken its place meanwhile, and changed anything, the append fails.
    /// </remarks>
    bool IsController { get; }

    /// <summary>The node that looks after the others, as far as this one knows; -1 for none. It may be another by now, or have died.</summary>
    int ControllerId { get; }

    /// <summary>
    /// Whether the other nodes still count on this one: false as soon as they may have taken it for dead, until it has been heard again,
    /// knows what was decided meanwhile and its watchers have run.
    /// </summary>
    /// <remarks>By this node's monotonic clock alone, so that it is known at once after a stop or a cut. Cheap enough for every request.</remarks>
    bool HoldsSession { get; }

    /// <summary>
    /// Appends all records or none: all, and durably, if the store is still at <paramref name="expectedVersion"/>; else false,
    /// and <see cref="State"/> is newer than before.
    /// </summary>
    /// <remarks>
    /// Returns true after <see cref="State"/> includes the records and every watcher has run, so what they set up is in place.
    /// Inside a watcher it does not wait for the watchers. Hold no lock here that a watcher takes.
    /// </remarks>
    /// <exception cref="ClusterRecordException">A record contradicts the state of that version; nothing is appended.</exception>
    bool TryAppend(long expectedVersion, IReadOnlyList<ClusterRecord> records);

    /// <summary>
    /// Waits until every live node has acted on <paramref name="version"/>: its watchers have run. False when one had not after
    /// <paramref name="patience"/>; it will, or is recorded as stopped.
    /// </summary>
    bool WaitForNodes(long version, TimeSpan patience);

    /// <summary>
    /// Calls <paramref name="onChange"/> with the state of now, before this returns, and then with every newer one: in order, on
    /// the store's thread, never two watchers at once. Versions may be skipped, and shown again when <see cref="IsController"/>
    /// changes. Disposing the result ends it.
    /// </summary>
    IDisposable Watch(Action<ClusterState> onChange);
}
