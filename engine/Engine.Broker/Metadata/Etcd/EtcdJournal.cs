using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Engine.Core;
using Engine.Core.Cluster;

namespace Engine.Broker.Metadata.Etcd;

/// <summary>The cluster's records in etcd, and the state that they lead to.</summary>
/// <remarks>
/// <para>Under the prefix: <c>head</c> holds the newest version, <c>journal/VERSION</c> the records that led to a version, appended together,
/// and <c>snapshot</c> a whole state, behind which journal keys are gone. An append puts its key and the head in one transaction, only
/// if the head is unchanged: etcd's order is the order of all nodes.</para>
/// <para>Who lives is read together with the state: <c>nodes/ID</c> and <c>controller</c>, whose leases are their sessions, and the sessions'
/// beats. An append can depend on it (<see cref="EtcdProof"/>), so that nobody is judged by what is no longer so.</para>
/// <para>A transaction's answer can be lost. Each entry says who wrote it, so whether it is in is looked up.</para>
/// <para>One thread at a time.</para>
/// </remarks>
internal sealed class EtcdJournal(EtcdClient client, string prefix, string beats, SessionTimes times, TimeSpan patience, long compactAtBytes)
{
    // Entries of one answer: together far below the 4 MiB that a gRPC message usually may have.
    private const int PageEntries = 64;

    // etcd refuses requests from 1.5 MiB on unless it was told otherwise (--max-request-bytes).
    private const int MaxEntryBytes = 1_400_000;

    private readonly HeardSessions _heard = new(times.Timeout);
    private readonly string _head = prefix + "head";
    private readonly string _entries = prefix + "journal/";
    private readonly string _snapshot = prefix + "snapshot";
    private readonly string _nodes = prefix + "nodes/";
    private readonly string _controller = prefix + "controller";

    private long _headRevision;
    private long _entryBytes;    // in the journal, behind the snapshot
    private long _snapshotBytes;
    private string? _awaited;    // an entry whose fate is not known
    private bool _awaitedIsIn;

    /// <summary>What the journal said when it was last read.</summary>
    public ClusterState State { get; private set; } = ClusterState.Empty;

    /// <summary>The nodes whose sessions held then, by id.</summary>
    public IReadOnlyDictionary<int, EtcdKey> Nodes { get; private set; } = new Dictionary<int, EtcdKey>();

    /// <summary>Which node looked after the others then; null when none did.</summary>
    public EtcdKey? Controller { get; private set; }

    /// <inheritdoc cref="HeardSessions.NextSilence"/>
    public Instant? NextSilence => _heard.NextSilence;

    /// <summary>Reads the journal, or begins one.</summary>
    public void Open()
    {
        while (!TryCatchUp())
        {
            // The id looks as Kafka's do: 16 random bytes in 22 characters.
            var id = Base64Url.EncodeToString(Guid.NewGuid().ToByteArray());
            var entry = EtcdEntry.Write(1, [new ClusterCreated(id)], NewName());
            new EtcdTransaction().IfAbsent(_head).Put(_head, Text(1)).Put(KeyOf(1), entry).Send(client, patience);
        }
    }

    /// <summary>Brings <see cref="State"/>, <see cref="Nodes"/> and <see cref="Controller"/> up to what etcd holds.</summary>
    /// <exception cref="MetadataException">The journal is damaged or gone.</exception>
    public void CatchUp()
    {
        if (!TryCatchUp()) throw new MetadataException($"the cluster's keys under {prefix} are gone from etcd at {client.Members}.");
    }

    /// <summary>Why the session of a node is over, as of the latest look; null while it holds.</summary>
    public EtcdProof? ProofOfEnd(int nodeId) =>
        Nodes.TryGetValue(nodeId, out var node) ? ProofOfSilence(node.Lease) : new(_nodes + nodeId.ToString(CultureInfo.InvariantCulture), Revision: 0);

    /// <summary>Why a session counts as over though its lease stands; null while it is heard.</summary>
    public EtcdProof? ProofOfSilence(long lease) => _heard.IsSilent(lease) ? new(EtcdSession.KeyOf(beats, lease), _heard.RevisionOf(lease)) : null;

    /// <inheritdoc cref="IMetadataStore.TryAppend"/>
    /// <param name="onlyIf">What must still be so; null: nothing. Where it is not, the result is false and the state need not be newer.</param>
    public bool TryAppend(long expectedVersion, IReadOnlyList<ClusterRecord> records, EtcdProof? onlyIf = null)
    {
        if (State.Version <= expectedVersion) CatchUp();
        if (State.Version != expectedVersion) return false;

        var next = records.Aggregate(State, (state, record) => state.Apply(record));
        var name = NewName();
        var entry = EtcdEntry.Write(next.Version, records, name);
        if (entry.Length > MaxEntryBytes)
            throw new IOException($"{records.Count} records come to {entry.Length} bytes, more than etcd takes at once");

        if (!TryPut(next.Version, entry, name, onlyIf)) return false;

        if (State.Version < next.Version) State = next;
        _entryBytes += entry.Length;
        if (_entryBytes > Math.Max(compactAtBytes, 8 * _snapshotBytes)) Compact();
        return true;
    }

    // When an answer says no, it can be one to a second attempt, after the first had gone through unheard.
    private bool TryPut(long version, byte[] entry, string name, EtcdProof? onlyIf)
    {
        var put = new EtcdTransaction().IfUnchangedSince(_head, _headRevision).Put(_head, Text(version)).Put(KeyOf(version), entry);
        if (onlyIf is { } proof) put.If(proof);
        var deadline = MonotonicClock.Now + patience;
        (_awaited, _awaitedIsIn) = (name, false);
        try
        {
            var answer = put.Send(client, patience);
            if (answer.Succeeded)
            {
                _headRevision = answer.Revision;
                return true;
            }
        }
        catch (EtcdUnreachableException) when (MonotonicClock.Now < deadline)
        {
        }

        CatchUp();
        return _awaitedIsIn;
    }

    private bool TryCatchUp()
    {
        var holes = 0;
        while (true)
        {
            var asked = MonotonicClock.Now;
            var answer = new EtcdTransaction().Range(_head).Range(KeyOf(State.Version + 1), EtcdTransaction.EndOf(_entries), PageEntries)
                .Range(_nodes, EtcdTransaction.EndOf(_nodes)).Range(_controller).Range(beats, EtcdTransaction.EndOf(beats)).Send(client, patience);
            if (answer.Range(0) is not [var head]) return State.Version > 0 ? throw Gone() : false;

            Nodes = answer.Range(2).ToDictionary(key => int.Parse(key.LastPart, CultureInfo.InvariantCulture));
            Controller = answer.Range(3).FirstOrDefault();
            var beaten = answer.Range(4).ToDictionary(beat => beat.Lease, beat => beat.Revision);
            _heard.Look(asked, MonotonicClock.Now, SessionsOf(Nodes.Values, Controller), beaten);
            var newest = long.Parse(head.Text, CultureInfo.InvariantCulture);
            if (newest < State.Version) throw Damaged($"it is at version {newest} and was at {State.Version}: was an older copy restored?");

            var isWhole = answer.Range(1).All(Apply);
            if (State.Version == newest)
            {
                _headRevision = head.Revision;
                return true;
            }

            // A state between two pages, or others put a snapshot in the place of what this node had not read.
            if (!isWhole || answer.Range(1).Count == 0) ReadSnapshot(++holes);
        }
    }

    /// <returns>False when what leads to it is missing.</returns>
    private bool Apply(EtcdKey key)
    {
        var (version, records, writer) = ReadEntry(key);
        if (version - records.Count > State.Version) return false;
        if (version <= State.Version) return true;
        try
        {
            State = records.Aggregate(State, (state, record) => state.Apply(record));
        }
        catch (ClusterRecordException wrong)
        {
            throw Damaged(wrong.Message);
        }

        if (State.Version != version) throw Damaged($"{key.Name} leads to version {State.Version}");
        _awaitedIsIn |= writer == _awaited;
        _entryBytes += key.Value.Length;
        return true;
    }

    private void ReadSnapshot(int holes)
    {
        if (new EtcdTransaction().Range(_snapshot).Send(client, patience).Range(0) is [var key])
        {
            var (version, records, _) = ReadEntry(key);
            if (version > State.Version)
            {
                State = ClusterState.Restore(version, records);
                (_snapshotBytes, _entryBytes) = (key.Value.Length, 0);
                return;
            }
        }

        // Nothing newer: the journal moved on while it was read, or there is a hole in it.
        if (holes > 10) throw Damaged($"what follows version {State.Version} is missing");
    }

    private void Compact()
    {
        var snapshot = EtcdEntry.Write(State.Version, State.ToRecords(), NewName());
        if (snapshot.Length > MaxEntryBytes)
        {
            NodeLog.Warn($"the cluster's state comes to {snapshot.Length} bytes, more than etcd takes at once: its journal is not compacted");
            _entryBytes = 0; // asked again when as much has come in once more
            return;
        }

        try
        {
            new EtcdTransaction().IfUnchangedSince(_head, _headRevision)
                .Put(_snapshot, snapshot).Delete(KeyOf(0), KeyOf(State.Version + 1)).Send(client, patience);
            (_snapshotBytes, _entryBytes) = (snapshot.Length, 0);
        }
        catch (IOException error)
        {
            // The records are in all the same.
            NodeLog.Warn($"the cluster's journal was not compacted: {error.Message}");
        }
    }

    private (long Version, List<ClusterRecord> Records, string Writer) ReadEntry(EtcdKey key)
    {
        try
        {
            return EtcdEntry.Read(key.Value);
        }
        catch (Exception wrong) when (wrong is InvalidDataException or ClusterRecordException)
        {
            throw Damaged($"{key.Name}: {wrong.Message}");
        }
    }

    private static IEnumerable<long> SessionsOf(IEnumerable<EtcdKey> nodes, EtcdKey? controller)
    {
        foreach (var node in nodes) yield return node.Lease;
        if (controller is not null) yield return controller.Lease;
    }

    private string KeyOf(long version) => _entries + version.ToString("D20", CultureInfo.InvariantCulture);

    private static string NewName() => RandomNumberGenerator.GetHexString(16);

    private static byte[] Text(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    private MetadataException Gone() => new($"the cluster's keys under {prefix} are gone from etcd at {client.Members}.");

    private MetadataException Damaged(string how) => new(
        $"the cluster's journal under {prefix} of etcd at {client.Members} is damaged: {how}. Restore it from a copy, " +
        "or choose another prefix to begin a new cluster without its topics.");
}
