using System.Net;
using Engine.Broker;
using Engine.Broker.Checks;
using Engine.Broker.Cluster;
using Engine.Broker.Handlers;
using Engine.Broker.Network;
using Engine.Broker.Partitions;
using Engine.Broker.Replication;
using Engine.Broker.Waiting;
using Engine.Core.Acks;
using Engine.Core.Memory;
using Engine.Core.Partitions;
using Engine.Storage;
using Engine.Storage.Native;
using Engine.Storage.Soundness;

namespace Engine.Tests.Broker;

/// <summary>The broker's request path without sockets: real handlers, partition and log; connections that only count what is sent.</summary>
internal sealed class InProcessBroker : IInSyncProposals, IMending, ISession, IDisposable
{
    public const string Topic = "t";

    private readonly string _path = Directory.CreateTempSubdirectory("testbed-").FullName;
    private readonly DataFolder _folder;
    private readonly Deadlines _deadlines = new();

    /// <param name="replicas">The nodes that hold partition 0 of <see cref="Topic"/>; node 1 is this one and leads.</param>
    /// <param name="leader">2 makes this node a follower.</param>
    /// <param name="check">What is checked of batches, as the command line names it.</param>
    /// <param name="acks">What acks=all asks for, as the command line names it.</param>
    /// <param name="calls">The way to the disk; null: the kernel's.</param>
    public InProcessBroker(
        int[] replicas, string flush = "os-cache", string read = "sendfile", int minInSync = 1, int leader = 1, string check = "crc", string acks = "all", FileCalls? calls = null)
    {
        var strategies = StorageStrategies.Create(flush: flush, read: read);
        _folder = DataFolder.Open(_path, nodeId: 1, clusterId: null, strategies, TimeProvider.System, calls ?? FileCalls.Kernel);
        var rule = AckRules.Catalog.Create(acks).Instance;
        // A sparse index grows by doubling as its log does, which is not a cost of any one request: none grows here.
        var settings = new PartitionSettings
        {
            Log = new LogOptions { IndexIntervalBytes = 16 << 20 },
            MinInSync = minInSync,
            ReplicaLagMax = TimeSpan.FromMinutes(5),
            FlushesForAcks = rule.NeedsFlush,
            Check = BatchChecks.Catalog.Create(check).Instance,
        };
        Partition = new Partition(Topic, Guid.NewGuid(), 0, nodeId: 1, settings, _folder, this, this);
        Partition.Update(new PartitionAssignment(leader, LeaderEpoch: 0, PartitionEpoch: 0, replicas, replicas));
        var table = Table = new PartitionTable();
        table.Change(topics => topics.Add(Topic, [Partition]));
        Dispatch = new Dispatch(new ProduceHandler(table, _deadlines, new AckRules(rule), this), new FetchHandler(table, _deadlines, this), new PushHandler(table, this), []);
    }

    public Partition Partition { get; }

    /// <summary>What the handlers find.</summary>
    public PartitionTable Table { get; }

    public Dispatch Dispatch { get; }

    public DataFolder Folder => _folder;

    public List<int[]> Proposals { get; } = [];

    /// <summary>How often the partition was given up.</summary>
    public int GivenUp { get; private set; }

    public (Connection Connection, CountingWire Wire) Connect(ListenerKind listener = ListenerKind.Client)
    {
        var wire = new CountingWire();
        return (new Connection(wire, Dispatch, listener, maxFrameBytes: 100 << 20), wire);
    }

    /// <summary>Whether this node holds its session; false is what one finds that was paused for long.</summary>
    public bool IsHeld { get; set; } = true;

    /// <summary>The registration of each other node.</summary>
    public long ReplicaEpoch { get; set; } = -1;

    public bool IsRegistered(int nodeId, long brokerEpoch) => brokerEpoch == ReplicaEpoch;

    public void Propose(Partition partition, int[] inSync, int partitionEpoch, JoiningReplica? joining) => Proposals.Add(inSync);

    public void GiveUp(Partition partition) => GivenUp++;

    public bool Request(Partition partition, Damage damage) => false;

    public void Dispose()
    {
        Partition.Close();
        _folder.Dispose();
        _deadlines.Dispose();
        Directory.Delete(_path, recursive: true);
    }

    /// <summary>A connection's far end that remembers the last response's framing and counts the rest.</summary>
    internal sealed class CountingWire : ITransportConnection
    {
        private readonly byte[] _framing = new byte[4096];

        public EndPoint? Remote => null;

        public long QueuedBytes => 0;

        public int Responses { get; private set; }

        public long SliceBytes { get; private set; }

        public bool IsClosed { get; private set; }

        /// <summary>The first piece of the last response.</summary>
        public ReadOnlySpan<byte> Framing => _framing;

        public void Send(Block block, int length, bool more)
        {
            block.Bytes.AsSpan(0, Math.Min(length, _framing.Length)).CopyTo(_framing);
            block.Dispose();
            if (!more) Responses++;
        }

        public void Send(in LogSlice slice, bool more)
        {
            SliceBytes += slice.Length;
            slice.Release();
            if (!more) Responses++;
        }

        public void BeginSend()
        {
        }

        public void EndSend()
        {
        }

        public void RunWhereItMayWait(IDiskWork work) => work.Run();

        public void Pause()
        {
        }

        public void Resume()
        {
        }

        public void Close() => IsClosed = true;
    }
}
