using System.Net;
using Engine.Broker.Checks;
using Engine.Broker.Cluster;
using Engine.Broker.Handlers;
using Engine.Broker.Metadata;
using Engine.Broker.Network;
using Engine.Broker.Partitions;
using Engine.Broker.Replication;
using Engine.Broker.Waiting;
using Engine.Core.Acks;
using Engine.Core.Cluster;
using Engine.Protocol.Wire;
using Engine.Storage;
using Engine.Storage.Cache;
using Engine.Storage.Compaction;

namespace Engine.Broker;

/// <summary>One broker: the only place that makes strategies and puts the parts together.</summary>
internal sealed class BrokerNode : IDisposable
{
    private readonly Stack<IDisposable> _parts = new();
    private readonly IMetadataStore _store;
    private readonly StorageStrategies _storage;
    private readonly Membership _membership;

    private BrokerNode(BrokerOptions options)
    {
        try
        {
            var storage = _storage = StorageStrategies.Create(options.Write, options.Flush, options.Read, options.Cache);
            // The node's folder first: it is refused, untouched, when it is another's. The cluster's may lie in it.
            var folder = Keep(DataFolder.Open(options.Data, options.NodeId, clusterId: null, storage));
            _store = Keep(MetadataStores.Catalog.Create(options.Metadata).Instance(options.ClusterFolder, options.NodeId, options.Session));
            folder.Join(_store.State.ClusterId);
            var deadlines = Keep(new Deadlines());
            var partitions = Keep(new PartitionTable());
            var proposals = Keep(new InSyncProposals(_store, options.NodeId));
            var replication = Keep(Replications.Catalog.Create(options.Replication).Instance(options.NodeId));
            var mending = Keep(new Mending(options.NodeId, _store));
            var check = BatchChecks.Catalog.Create(options.Check).Instance;
            var acks = AckRules.Catalog.Create(options.Acks).Instance;
            var reconciler = new Reconciler(options, folder, partitions, proposals, mending, replication, check, acks, firstEpoch: _store.State.Version + 1);
            Keep(_store.Watch(reconciler.Apply));
            _membership = Keep(new Membership(_store, options.NodeId, options.Topics));
            Keep(new Housekeeping(partitions, folder, options));
            if (options.Compacts) Keep(Compact(partitions, options.Compactor));

            var produce = new ProduceHandler(partitions, deadlines, new AckRules(acks), _membership);
            var fetch = new FetchHandler(partitions, deadlines, _membership);
            var admin = AdminApis.All(_store, () => reconciler.InForce, Settings(options), partitions, _membership);
            var dispatch = new Dispatch(produce, fetch, new PushHandler(partitions, _membership), admin);
            var clients = Listen(options, options.Listen, dispatch, ListenerKind.Client);
            var brokers = Listen(options, options.InterBroker, dispatch, ListenerKind.InterBroker);
            (ClientEndpoint, InterBrokerEndpoint) = (clients.Endpoint, brokers.Endpoint);

            // From here on the node takes part: its registration also takes back what it led, each in a new epoch. After a crash
            // the disk may lack what was acknowledged before it was flushed; an emptied folder or memory lacks all of it.
            var mayHaveLost = folder.IsNew || storage.Write.Instance.IsVolatile || partitions.All.Any(partition => partition.Log.LostOffsets > 0)
                || (!folder.WasCleanShutdown && !storage.Flush.Instance.HoldsAcknowledgement);
            var forBrokers = options.AdvertisedInterBroker ?? InterBrokerEndpoint;
            _membership.Join(new BrokerRegistered(
                options.NodeId, 0, options.AdvertisedHost ?? ClientEndpoint.Address.ToString(), ClientEndpoint.Port, forBrokers.Address.ToString(), forBrokers.Port), mayHaveLost);
            Keep(new Controller(_store, options.Topics, options.BalancesLeaders ? options.BalanceInterval : null));
        }
        catch
        {
            DisposeParts();
            throw;
        }
    }

    public IPEndPoint ClientEndpoint { get; }

    public IPEndPoint InterBrokerEndpoint { get; }

    /// <summary>What the batch caches of all logs came to so far.</summary>
    public CacheCounts CacheCounts => _storage.Cache.Instance.Counts;

    /// <summary>Starts a node; it takes requests when this returns.</summary>
    /// <exception cref="DataFolderException">The data folder is in use, foreign or not writable.</exception>
    /// <exception cref="MetadataException">The cluster's shared state cannot be used.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">A port cannot be bound.</exception>
    /// <exception cref="TlsException">The keystore cannot be used.</exception>
    public static BrokerNode Start(BrokerOptions options) => new(options);

    /// <summary>Stops cleanly: others lead what it led, no more requests, everything flushed, the next start needs no recovery.</summary>
    public void Dispose()
    {
        _membership.Leave();
        DisposeParts();
    }

    private static Compactor Compact(PartitionTable partitions, CompactorSettings settings)
    {
        var compactor = new Compactor(
            () => partitions.All.Where(partition => partition.Log.Compaction is not null)
                .Select(partition => new CompactionCandidate(partition.Log, partition.State.HighWatermark)),
            settings);
        compactor.Failed += (log, error) => NodeLog.Warn($"{log.Topic}-{log.Partition} was not compacted: {error.Message}");
        compactor.Compacted += (log, report) =>
        {
            if (report.BatchesUnread > 0)
                NodeLog.Info($"{log.Topic}-{log.Partition}: compaction left {report.BatchesUnread} batches as they are, whose records it cannot read");
        };
        return compactor;
    }

    /// <summary>Each listener has a transport of its own, so that replication never queues behind clients.</summary>
    private IListener Listen(BrokerOptions options, IPEndPoint endpoint, Dispatch dispatch, ListenerKind kind)
    {
        var transport = Keep(Transports.Catalog.Create(options.Network).Instance);
        transport.Failed += (peer, error) => NodeLog.Warn(
            error is WireException ? $"closed the connection of {peer}: {error.Message}" : $"connection of {peer}: {error}");
        var isForClients = kind == ListenerKind.Client;
        return transport.Listen(
            endpoint, wire => new Connection(wire, dispatch, kind, options.MaxRequestBytes), isForClients ? "clients" : "brokers",
            isForClients ? options.Security.Open() : null);
    }

    private static NodeSettings Settings(BrokerOptions options) => new()
    {
        NodeId = options.NodeId,
        DefaultPartitions = options.DefaultPartitions,
        DefaultReplicationFactor = options.DefaultReplicationFactor,
        AutoCreateTopics = options.AutoCreateTopics,
        TopicDefaults = options.Topics,
        Strategies = options.ResolvedStrategies(),
    };

    private T Keep<T>(T part)
        where T : IDisposable
    {
        _parts.Push(part);
        return part;
    }

    private void DisposeParts()
    {
        while (_parts.TryPop(out var part)) part.Dispose();
    }
}
