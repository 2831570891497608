using Engine.Protocol.Messages;
using Harness.Nodes;

namespace Harness.Systems.Kafka;

/// <summary>What a running broker says it runs with.</summary>
internal sealed class KafkaReadback
{
    /// <summary>Defaults that decide how a broker behaves under load: told with every result, though nobody asked for them.</summary>
    private static readonly HashSet<string> Telling =
    [
        "num.network.threads", "num.io.threads", "num.replica.fetchers", "queued.max.requests", "background.threads", "socket.send.buffer.bytes",
        "socket.receive.buffer.bytes", "replica.socket.receive.buffer.bytes", "replica.fetch.max.bytes", "replica.fetch.min.bytes", "replica.fetch.wait.max.ms",
        "replica.lag.time.max.ms", "message.max.bytes", "compression.type", "log.segment.bytes", "log.retention.bytes", "log.message.timestamp.type", "log.preallocate",
        "unclean.leader.election.enable", "default.replication.factor", "metadata.version", KafkaSettings.FlushMessages, KafkaSettings.FlushMs, KafkaSettings.FlushCheckMs,
    ];

    private readonly IReadOnlyList<DescribedSetting> _described;

    /// <param name="home">What was started.</param>
    /// <param name="described">Every setting of the broker.</param>
    /// <param name="pid">Its process, whose arguments tell the flags that are in force.</param>
    public KafkaReadback(KafkaHome home, IReadOnlyList<DescribedSetting> described, int pid)
    {
        _described = described;
        var all = described.Where(setting => setting.Value is not null).ToDictionary(setting => setting.Name, setting => setting.Value!);
        var settings = described.Where(setting => setting.Value is not null && (setting.Source != ConfigSource.Default || Telling.Contains(setting.Name)))
            .ToDictionary(setting => setting.Name, setting => setting.Value!);
        settings["flush"] = KafkaSettings.FlushOf(all);
        settings["kafka.version"] = home.Version;
        settings["java.version"] = home.Java;
        settings["java.flags"] = FlagsOf(File.ReadAllText($"/proc/{pid}/cmdline").Split('\0'));
        Settings = settings;
    }

    /// <summary>What is not default, what is telling although it is, and the runtime.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>Keeps every setting, defaults too, beside the node's log.</summary>
    public Task Write(string file, CancellationToken stop) => File.WriteAllTextAsync(file, KafkaProperties.Text(
        _described.OrderBy(setting => setting.Name, StringComparer.Ordinal).Select(setting => new KeyValuePair<string, string>(setting.Name, setting.Value ?? ""))), stop);

    /// <summary>Compares with what was asked for: Kafka starts with a setting it does not know, and says nothing.</summary>
    /// <exception cref="NodeRefusedException">A setting is unknown or has another value.</exception>
    public void ThrowUnlessAsAsked(string node, IEnumerable<KeyValuePair<string, string>> asked)
    {
        var byName = _described.ToDictionary(setting => setting.Name);
        foreach (var (name, value) in asked)
        {
            if (!byName.TryGetValue(name, out var setting) || setting.Type == ConfigType.Unknown)
                throw new NodeRefusedException($"{node} refused to start: Kafka knows no setting '{name}'");
            if (setting.Value != value)
                throw new NodeRefusedException($"{node} refused to start: {name}={value} was asked for, and Kafka runs with {setting.Value ?? "(none)"}");
        }
    }

    /// <summary>The flags of a running Java: what stands before its class path.</summary>
    public static string FlagsOf(IEnumerable<string> arguments) =>
        string.Join(' ', arguments.Skip(1).TakeWhile(argument => argument is not ("-cp" or "-classpath")).Where(argument => argument.StartsWith('-')));
}
