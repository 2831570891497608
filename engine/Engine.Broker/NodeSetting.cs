using System.Globalization;
using Engine.Broker.Network;

namespace Engine.Broker;

/// <summary>One of the node's own settings, by Kafka's name for it where Kafka has one.</summary>
/// <param name="Allowed">The values it takes, in words.</param>
/// <param name="Get">The value in force as text.</param>
/// <param name="Set">The options with this value, or null when the text is not allowed.</param>
internal sealed record NodeSetting(string Name, string Allowed, Func<BrokerOptions, string> Get, Func<BrokerOptions, string, BrokerOptions?> Set)
{
    /// <summary>Several of the others by one name; they may be given beside it.</summary>
    public const string Preset = "timeouts";

    public static IReadOnlyList<NodeSetting> All { get; } =
    [
        new(Preset, string.Join(" or ", TimeoutPreset.All.Select(preset => preset.Name)), TimeoutPreset.NameOf,
            (o, text) => TimeoutPreset.Find(text)?.ApplyTo(o)),
        Number("num.partitions", 1, 10_000, o => o.DefaultPartitions, (o, n) => o with { DefaultPartitions = n }),
        Number("default.replication.factor", 1, 32, o => o.DefaultReplicationFactor, (o, n) => o with { DefaultReplicationFactor = (short)n }),
        new("auto.create.topics.enable", "true or false", o => o.AutoCreateTopics ? "true" : "false",
            (o, text) => text is "true" or "false" ? o with { AutoCreateTopics = text == "true" } : null),
        Milliseconds("replica.lag.time.max.ms", o => o.ReplicaLagMax, (o, span) => o with { ReplicaLagMax = span }),
        Milliseconds("broker.session.timeout.ms", o => o.Session.Timeout, (o, span) => o with { Session = o.Session with { Timeout = span } }),
        Milliseconds("broker.heartbeat.interval.ms", o => o.Session.HeartbeatInterval,
            (o, span) => o with { Session = o.Session with { HeartbeatInterval = span } }),
        new("auto.leader.rebalance.enable", "true or false", o => o.BalancesLeaders ? "true" : "false",
            (o, text) => text is "true" or "false" ? o with { BalancesLeaders = text == "true" } : null),
        Number("leader.imbalance.check.interval.seconds", 1, 86_400, o => (int)o.BalanceInterval.TotalSeconds,
            (o, n) => o with { BalanceInterval = TimeSpan.FromSeconds(n) }),
        Milliseconds("log.retention.check.interval.ms", o => o.RetentionCheckInterval, (o, span) => o with { RetentionCheckInterval = span }),
        Milliseconds("producer.id.expiration.ms", o => o.ProducerIdExpiration, (o, span) => o with { ProducerIdExpiration = span }),
        new("log.cleaner.enable", "true or false", o => o.Compacts ? "true" : "false",
            (o, text) => text is "true" or "false" ? o with { Compacts = text == "true" } : null),
        Milliseconds("log.cleaner.backoff.ms", o => o.Compactor.Pause, (o, span) => o with { Compactor = o.Compactor with { Pause = span } }),
        Number("log.cleaner.dedupe.buffer.size", 1 << 20, int.MaxValue, o => (int)o.Compactor.MapBytes,
            (o, n) => o with { Compactor = o.Compactor with { MapBytes = n } }),
        // The largest number is no limit, as Kafka's largest is.
        Number("log.cleaner.io.max.bytes.per.second", 1 << 10, int.MaxValue, o => (int)Math.Min(int.MaxValue, o.Compactor.BytesPerSecond),
            (o, n) => o with { Compactor = o.Compactor with { BytesPerSecond = n == int.MaxValue ? long.MaxValue : n } }),
        new(ClientSecurity.ProtocolSetting, "PLAINTEXT or SSL", o => o.Security.Protocol,
            (o, text) => text is "PLAINTEXT" or "SSL" ? o with { Security = o.Security with { UsesTls = text == "SSL" } } : null),
        new(ClientSecurity.KeystoreSetting, "a PEM file with a private key and its certificate", o => o.Security.Keystore,
            (o, text) => text.Length > 0 ? o with { Security = o.Security with { Keystore = text } } : null),
        new(ClientSecurity.VersionsSetting, "TLSv1.2, TLSv1.3, or both with a comma between them", o => o.Security.VersionNames,
            (o, text) => ClientSecurity.ParseVersions(text) is { } versions ? o with { Security = o.Security with { Versions = versions } } : null),
        Number("socket.request.max.bytes", 1024, 1 << 29, o => o.MaxRequestBytes, (o, n) => o with { MaxRequestBytes = n }),
    ];

    private static NodeSetting Number(string name, int min, int max, Func<BrokerOptions, int> get, Func<BrokerOptions, int, BrokerOptions> set) =>
        new(name, $"a whole number from {min} to {max}", o => get(o).ToString(CultureInfo.InvariantCulture),
            (o, text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= min && n <= max ? set(o, n) : null);

    private static NodeSetting Milliseconds(string name, Func<BrokerOptions, TimeSpan> get, Func<BrokerOptions, TimeSpan, BrokerOptions> set) =>
        Number(name, 1, int.MaxValue, o => (int)Math.Min(int.MaxValue, get(o).TotalMilliseconds), (o, n) => set(o, TimeSpan.FromMilliseconds(n)));
}
