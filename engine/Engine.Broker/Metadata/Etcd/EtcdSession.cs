using System.Globalization;
using System.Text;
using System.Text.Json;
using Engine.Core.Cluster;

namespace Engine.Broker.Metadata.Etcd;

/// <summary>A lease that this node keeps alive, with a beat that shows it, on a thread of its own; another one when it has run out.</summary>
/// <remarks>
/// <para>The beat is a key of the lease, put again and again: others take this node for dead when they have not seen a new one for a session's
/// time (<see cref="HeardSessions"/>), or when the lease has run out. etcd grants none below one and a half election timeouts, 2 s
/// unless it was told otherwise, so the beat is what tells sooner, and the lease what cleans up.</para>
/// <para>Others count from when they saw a beat, etcd from when it took the lease's renewal, this node from before it sent either, and for
/// a tenth less: so a node that is cut off or stopped knows that its session is over before anybody else can. The difference also
/// covers clocks that do not run equally fast.</para>
/// </remarks>
internal sealed class EtcdSession : IDisposable
{
    private readonly EtcdClient _client;
    private readonly string _beats;
    private readonly SessionTimes _times;
    private readonly Action _onChange;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private long _lease;
    private bool _isCutOff;

    /// <param name="client">The way to etcd.</param>
    /// <param name="beats">What the keys of beats begin with; the lease's number follows.</param>
    /// <param name="times">How long a session lasts, and how often it is shown.</param>
    /// <param name="patience">How long etcd may take for the first lease.</param>
    /// <param name="onChange">Called, on the session's thread, when a session has ended or begun: it must only wake somebody.</param>
    public EtcdSession(EtcdClient client, string beats, SessionTimes times, TimeSpan patience, Action onChange)
    {
        (_client, _beats, _times, _onChange) = (client, beats, times, onChange);
        Clock = new SessionClock(times.Timeout * 0.9, MonotonicClock.Now);
        Grant(patience);
        _thread = new Thread(Run) { Name = "session", IsBackground = true };
        _thread.Start();
    }

    public SessionClock Clock { get; }

    /// <summary>The key of a session's beat.</summary>
    public static string KeyOf(string beats, long lease) => beats + lease.ToString(CultureInfo.InvariantCulture);

    /// <summary>What keys that should end with this session are put with.</summary>
    public long Lease => Volatile.Read(ref _lease);

    /// <summary>Ends it for everybody to see, if etcd can be reached; else it runs out.</summary>
    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
        try
        {
            _client.Call("v3/lease/revoke", Body(Lease), _times.HeartbeatInterval);
        }
        catch (IOException)
        {
        }
    }

    private void Run()
    {
        while (!_stop.Wait(_times.HeartbeatInterval))
        {
            try
            {
                var sent = MonotonicClock.Now;
                var answer = _client.Call("v3/lease/keepalive", Body(Lease), _times.Timeout / 2);
                // Without a time to live the lease is one that etcd does not know any more.
                var isOver = EtcdKey.Number(Result(answer), "TTL") <= 0;
                if (!isOver) Beat();
                var isGap = isOver || Clock.IsOverAt(sent);
                if (isGap) Clock.CountGap();
                if (isOver) Grant(_times.Timeout / 2);
                else Clock.Renew(sent);
                if (_isCutOff) NodeLog.Info($"etcd at {_client.Members} answers again");
                if (_isCutOff || isGap) _onChange();
                _isCutOff = false;
            }
            catch (IOException error)
            {
                if (Clock.HoldsAt(MonotonicClock.Now) || _isCutOff) continue;
                _isCutOff = true;
                NodeLog.Warn($"the session of this node is over: {error.Message}");
                _onChange();
            }
        }
    }

    // Whose lease it is stands in the node's own key.
    private void Beat() => new EtcdTransaction().Put(KeyOf(_beats, Lease), default, Lease).Send(_client, _times.Timeout / 2);

    private void Grant(TimeSpan patience)
    {
        var sent = MonotonicClock.Now;
        var seconds = (long)Math.Ceiling(_times.Timeout.TotalSeconds);
        var body = Encoding.UTF8.GetBytes($"{{\"TTL\":\"{seconds.ToString(CultureInfo.InvariantCulture)}\"}}");
        var answer = _client.Call("v3/lease/grant", body, patience);
        Volatile.Write(ref _lease, EtcdKey.Number(answer, "ID"));
        Clock.Renew(sent);
    }

    private static JsonElement Result(JsonElement answer) => answer.TryGetProperty("result", out var result) ? result : answer;

    private static byte[] Body(long lease) => Encoding.UTF8.GetBytes($"{{\"ID\":\"{lease.ToString(CultureInfo.InvariantCulture)}\"}}");
}
