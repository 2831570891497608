using System.Globalization;
using System.Text;
using Engine.Core;
using Engine.Core.Cluster;
using Engine.Core.Strategies;

namespace Engine.Broker.Metadata.Etcd;

/// <summary>The nodes of several machines agree through etcd.</summary>
/// <remarks>
/// <para>A node lives while its lease does, on which its key <c>nodes/ID</c> hangs, and shows new beats (<see cref="EtcdSession"/>). So does
/// the key <c>controller</c>, which whoever finds it missing, or its holder silent, puts with a lease of its own. A watch tells of
/// changes within a round trip, but not of beats; those, and all else should it hang, are read at every heartbeat.</para>
/// <para>Whom a node takes for dead it has not heard of for a session's time in which it looked itself, by its own clock
/// (<see cref="HeardSessions"/>), and the transaction that says so holds only if there was no new beat up to then. A node that beats again
/// then reads the state, before it counts on its session: so it cannot miss that it was taken for dead.</para>
/// <para>While etcd cannot be reached nothing changes: appends fail with an IOException, the session is over after its time, and the node
/// takes part again when it can. Only what cannot heal ends the process: a damaged journal, or another process with this node's id.</para>
/// </remarks>
internal sealed class EtcdMetadataStore : IMetadataStore
{
    // How long to wait for etcd at the start.
    private static readonly TimeSpan OpenPatience = TimeSpan.FromSeconds(10);

    // Below these no call of etcd is worth giving up, however short a session is: a change of many partitions takes its time.
    private static readonly TimeSpan ShortestAttempt = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestPatience = TimeSpan.FromSeconds(4);

    private readonly string _prefix;
    private readonly int _nodeId;
    private readonly SessionTimes _times;
    private readonly EtcdClient _client;
    private readonly EtcdSession _session;
    private readonly EtcdWatch _watch;

    private readonly Lock _journalLock = new();
    private readonly EtcdJournal _journal;
    private readonly EtcdClaims _claims;
    private volatile ClusterState _state;
    private Instant? _nextSilence; // the store's thread's, as the next two
    private bool _wasController;
    private long _writtenVersion = -1;

    private readonly MetadataWatchers _watchers = new();
    private readonly object _wakeGate = new();
    private readonly Thread _thread;
    private bool _woken;
    private bool _stopping;

    private EtcdMetadataStore(IReadOnlyList<string> members, string prefix, long compactAtBytes, int nodeId, SessionTimes times)
    {
        (_prefix, _nodeId, _times) = (prefix.TrimEnd('/') + "/", nodeId, times);
        _client = new EtcdClient(members, attempt: Longer(times.Timeout / 2, ShortestAttempt));
        try
        {
            _client.CheckVersion(OpenPatience);
            _session = new EtcdSession(_client, _prefix + "beats/", times, OpenPatience, Wake);
            var patience = Longer(times.Timeout * 2, ShortestPatience);
            _journal = new EtcdJournal(_client, _prefix + "state/", _prefix + "beats/", times, patience, compactAtBytes);
            _journal.Open();
            _claims = new EtcdClaims(_client, _session, _journal, _prefix + "state/", nodeId, patience: times.Timeout);
            _claims.ClaimId(TakenPatience);
            _claims.ClaimSeat();
        }
        catch (Exception error)
        {
            _session?.Dispose();
            _client.Dispose();
            throw error is IOException ? new MetadataException(error.Message) : error;
        }

        _state = _journal.State;
        _wasController = IsController;
        _watch = new EtcdWatch(_client, _prefix + "state/", Wake);
        _thread = new Thread(Run) { Name = "metadata", IsBackground = true };
        _thread.Start();
    }

    // For an earlier life of this node, whose silence or whose lease's end may be noticed late.
    private TimeSpan TakenPatience => Longer(_times.Timeout * 3, ShortestPatience);

    public static OpenMetadataStore Create(StrategySpec spec)
    {
        // Not by commas, which part the parameters.
        var endpoints = spec.Text("endpoints", "127.0.0.1:2379", text => EndpointsOf(text).All(IsEndpoint), "host:port;host:port");
        var prefix = spec.Text("prefix", "/testbed", text => text.StartsWith('/') && text.Trim('/').Length > 0, "a path such as /testbed/one");
        var compactAtBytes = spec.Bytes("compactAt", 256 << 10);
        return (_, nodeId, times) => new EtcdMetadataStore(EndpointsOf(endpoints), prefix, compactAtBytes, nodeId, times);
    }

    public ClusterState State => _state;

    public bool IsController => _claims.HoldsSeat && HoldsSession;

    public int ControllerId => _claims.ControllerId;

    public bool HoldsSession => _session.Clock.HoldsAt(MonotonicClock.Now);

    public bool TryAppend(long expectedVersion, IReadOnlyList<ClusterRecord> records) => TryAppend(expectedVersion, records, onlyIf: null);

    private bool TryAppend(long expectedVersion, IReadOnlyList<ClusterRecord> records, EtcdProof? onlyIf)
    {
        bool appended;
        lock (_journalLock)
        {
            try
            {
                appended = _journal.TryAppend(expectedVersion, records, onlyIf);
            }
            finally
            {
                _state = _journal.State;
            }
        }

        Wake();
        if (appended && Thread.CurrentThread != _thread) _watchers.WaitUntilSeen(expectedVersion + records.Count);
        return appended;
    }

    public bool WaitForNodes(long version, TimeSpan patience)
    {
        var deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        while (Environment.TickCount64 < deadline)
        {
            if (HaveSeen(version)) return true;
            Thread.Sleep(5);
        }

        return HaveSeen(version);
    }

    public IDisposable Watch(Action<ClusterState> onChange)
    {
        var watcher = _watchers.Add(onChange);
        Wake();
        if (Thread.CurrentThread != _thread) _watchers.WaitUntilSeen(_state.Version);
        return watcher;
    }

    public void Dispose()
    {
        lock (_wakeGate)
        {
            _stopping = true;
            Monitor.Pulse(_wakeGate);
        }

        _thread.Join();
        _watch.Dispose();
        _watchers.Close();
        _session.Dispose();
        _client.Dispose();
    }

    // A MetadataException here ends the process, as the interface says.
    private void Run()
    {
        var wasUnannounced = false;
        while (Sleep(out var wasWoken))
        {
            var gaps = _session.Clock.Gaps;
            var isCurrent = false;
            try
            {
                lock (_journalLock)
                {
                    var known = _journal.State.Version;
                    _journal.CatchUp();
                    _state = _journal.State;
                    // News that nobody has announced by the next look either: the watch hangs on a connection that leads nowhere.
                    if (wasUnannounced && !wasWoken) _watch.BeginAnew();
                    wasUnannounced = !wasWoken && !wasUnannounced && _state.Version > known;
                    _claims.ClaimId(TakenPatience);
                    _claims.ClaimSeat();
                    _nextSilence = _journal.NextSilence;
                }

                isCurrent = true;
            }
            catch (IOException)
            {
                // The session's thread says so; here it is tried again at the next heartbeat.
                _nextSilence = null;
            }

            if (isCurrent) Show(gaps);
            else if (_wasController && !IsController) Show(gaps: null);
            if (isCurrent) RecordTheDead();
        }
    }

    private void Show(long? gaps)
    {
        var shown = _state;
        _watchers.Show(shown);
        // What the others decided while this node was not heard is known and acted on now.
        if (gaps is { } closed) _session.Clock.CloseGaps(closed);
        if (IsController != _wasController)
        {
            _wasController = !_wasController;
            _watchers.ShowAgain();
            _watchers.Show(shown);
        }

        WriteSeen(shown.Version);
    }

    private void RecordTheDead()
    {
        try
        {
            foreach (var broker in _state.Brokers.Values.Where(broker => broker.NodeId != _nodeId && broker.Alive)) RecordTheEndOf(broker);
        }
        catch (IOException error)
        {
            NodeLog.Warn($"the end of a node could not be recorded yet: {error.Message}");
        }
    }

    // Judged again with every attempt. A node has its key before it registers, so this epoch is of the life that ended.
    private void RecordTheEndOf(ClusterBroker broker)
    {
        while (true)
        {
            var state = _state;
            if (!IsController || state.Brokers[broker.NodeId] != broker || ProofOfEnd(broker.NodeId) is not { } proof) return;
            if (TryAppend(state.Version, [new BrokerStopped(broker.NodeId, broker.Epoch)], proof)) return;
        }
    }

    // As of the state that was last read: the two are read together.
    private EtcdProof? ProofOfEnd(int nodeId)
    {
        lock (_journalLock) return _journal.ProofOfEnd(nodeId);
    }

    private bool HaveSeen(long version)
    {
        var others = _state.LiveBrokers.Where(broker => broker.NodeId != _nodeId).ToList();
        if (others.Count == 0) return true;
        try
        {
            var seen = new EtcdTransaction().Range(_prefix + "seen/", EtcdTransaction.EndOf(_prefix + "seen/"))
                .Send(_client, _times.Timeout / 2).Range(0).ToDictionary(key => key.LastPart, key => long.Parse(key.Text, CultureInfo.InvariantCulture));
            return others.All(broker => seen.GetValueOrDefault(broker.NodeId.ToString(CultureInfo.InvariantCulture)) >= version);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private void WriteSeen(long version)
    {
        if (version == _writtenVersion) return;
        try
        {
            var text = Encoding.ASCII.GetBytes(version.ToString(CultureInfo.InvariantCulture));
            new EtcdTransaction().Put($"{_prefix}seen/{_nodeId}", text, _session.Lease).Send(_client, _times.HeartbeatInterval);
            _writtenVersion = version;
        }
        catch (IOException)
        {
            // A hint for those who wait; written again with the next look.
        }
    }

    private void Wake()
    {
        lock (_wakeGate)
        {
            _woken = true;
            Monitor.Pulse(_wakeGate);
        }
    }

    // False when it is time to stop.
    private bool Sleep(out bool wasWoken)
    {
        lock (_wakeGate)
        {
            if (!_woken && !_stopping) Monitor.Wait(_wakeGate, UntilNextLook());
            wasWoken = _woken;
            _woken = false;
            return !_stopping;
        }
    }

    // At each heartbeat, and when somebody will have been silent for long enough.
    private TimeSpan UntilNextLook()
    {
        if (_nextSilence is not { } next) return _times.HeartbeatInterval;
        var left = next - MonotonicClock.Now + TimeSpan.FromMilliseconds(1); // waits are cut to whole milliseconds
        return left >= _times.HeartbeatInterval ? _times.HeartbeatInterval : left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static string[] EndpointsOf(string text) => text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static bool IsEndpoint(string text) =>
        Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text, UriKind.Absolute, out var uri)
        && uri.Scheme is "http" or "https" && uri.Host.Length > 0 && uri.PathAndQuery == "/";
}
