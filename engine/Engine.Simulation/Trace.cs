using System.Globalization;
using Engine.Core.Cluster;
using Engine.Core.Partitions;
using Engine.Simulation.Machines;

namespace Engine.Simulation;

/// <summary>Remembers what happened: the last events for whoever looks into a failure, and a hash of all to compare two runs.</summary>
internal sealed class Trace(int kept, Action<string>? log)
{
    private readonly Planned[] _last = new Planned[kept];
    private long _count;

    /// <summary>The same for two runs in which the same happened at the same moments to logs with the same records.</summary>
    public ulong Fingerprint { get; private set; }

    public void Add(in Planned planned, ulong chain)
    {
        _last[_count++ % kept] = planned;
        var (what, mixed) = (planned.What, Fingerprint);
        mixed = (mixed ^ (ulong)planned.At) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ ((ulong)(uint)what.Endpoint << 32) ^ (uint)what.Timer ^ ((ulong)(what.Message?.From ?? 0) << 48)) * 0x94D049BB133111EB;
        Fingerprint = (mixed ^ (mixed >> 29)) + chain;
        log?.Invoke(Text(planned));
    }

    public IReadOnlyList<string> Last() =>
        [.. Enumerable.Range(0, (int)Math.Min(_count, kept)).Select(i => Text(_last[(_count - Math.Min(_count, kept) + i) % kept]))];

    private static string Text(in Planned planned) =>
        string.Create(CultureInfo.InvariantCulture, $"{planned.At / (double)VirtualTime.Millisecond,12:F3} ms  {Describe(planned.What)}");

    private static string Describe(in Happening what) => what.Message switch
    {
        null when what.Endpoint < 0 => $"fault timer {what.Timer}",
        null => $"{what.Endpoint}: timer {what.Timer}",
        Produce m => $"{m.From} -> {m.To}: produce batch {m.Batch}, {m.Records} records, producer {m.Sequence.ProducerId} epoch {m.Sequence.Epoch} from {m.Sequence.First}",
        ProduceAnswer m => $"{m.From} -> {m.To}: batch {m.Batch} {m.Error} at {m.BaseOffset}",
        Fetch m => $"{m.From} -> {m.To}: fetch from {m.Offset}, leader epoch {m.LeaderEpoch}, last epoch {m.LastEpoch}, registration {m.BrokerEpoch}",
        FetchAnswer m => $"{m.From} -> {m.To}: {Describe(m.Word)} from {m.Asked.Offset}",
        PushAsk m => $"{m.From} -> {m.To}: connection {m.Connection}, {m.Number}: run {m.Run} {Describe(m.Subscribes, m.EndOffset)}{(m.IsBeat ? ", beat" : "")}",
        PushedFrame m => $"{m.From} -> {m.To}: connection {m.Connection}, {m.Number}: run {m.Run}, {Describe(m.Word)} from {m.BaseOffset}",
        DeleteRecords m => $"{m.From} -> {m.To}: delete before {m.Offset}",
        Heartbeat m => $"{m.From} -> {m.To}: heartbeat of registration {m.BrokerEpoch}",
        HeartbeatAnswer m => $"{m.From} -> {m.To}: version {m.State.Version}{(m.IsController ? ", controller" : "")}, expired {string.Join(' ', m.Expired)}",
        StoreAppend m => $"{m.From} -> {m.To}: append at {m.ExpectedVersion}: {string.Join("; ", m.Records.Select(Describe))}",
        StoreAnswer m => $"{m.From} -> {m.To}: {(m.Taken ? "taken" : "refused")}, version {m.State.Version}",
        News m => $"{m.From} -> {m.To}: version {m.State.Version}",
        var m => m.ToString(),
    };

    private static string Describe(FollowerPosition? subscribes, long holds) => subscribes is { } position
        ? $"from {position.EndOffset}, leader epoch {position.LeaderEpoch}, last epoch {position.LastEpoch}"
        : $"holds {holds}";

    private static string Describe(LeaderWord word) =>
        $"{word.Error}, {word.Batches.Length} batches, high watermark {word.HighWatermark}, log start {word.LogStart}, diverging {word.Diverging}";

    private static string Describe(ClusterRecord record) => record switch
    {
        BrokerRegistered r => $"node {r.NodeId} registers as {r.BrokerEpoch}",
        BrokerStopped r => $"registration {r.BrokerEpoch} of node {r.NodeId} ends",
        PartitionChanged r => $"leader {r.Leader} in epoch {r.LeaderEpoch}, in sync {string.Join(',', r.Isr)}, eligible {string.Join(',', r.Eligible)}",
        _ => record.ToString(),
    };
}
