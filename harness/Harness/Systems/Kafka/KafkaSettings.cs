using System.Globalization;
using Engine.Core.Strategies;
using Harness.Plans;

namespace Harness.Systems.Kafka;

/// <summary>A plan's settings and strategies in Kafka's words.</summary>
internal static class KafkaSettings
{
    public const string FlushMessages = "log.flush.interval.messages";
    public const string FlushMs = "log.flush.interval.ms";
    public const string FlushCheckMs = "log.flush.scheduler.interval.ms";

    private const string Flush = "flush";
    private const string OsCache = "os-cache";
    private const string EveryBatch = "every-batch";
    private const string Interval = "interval";

    /// <summary>The broker's default for a topic's setting, where the two are called differently. Source: Kafka's topic configs, "server default property".</summary>
    private static readonly Dictionary<string, string> OfTopics = new()
    {
        ["cleanup.policy"] = "log.cleanup.policy",
        ["delete.retention.ms"] = "log.cleaner.delete.retention.ms",
        ["file.delete.delay.ms"] = "log.segment.delete.delay.ms",
        ["flush.messages"] = FlushMessages,
        ["flush.ms"] = FlushMs,
        ["index.interval.bytes"] = "log.index.interval.bytes",
        ["max.message.bytes"] = "message.max.bytes",
        ["message.timestamp.type"] = "log.message.timestamp.type",
        ["preallocate"] = "log.preallocate",
        ["retention.bytes"] = "log.retention.bytes",
        ["retention.ms"] = "log.retention.ms",
        ["segment.bytes"] = "log.segment.bytes",
        ["segment.index.bytes"] = "log.index.size.max.bytes",
        ["segment.jitter.ms"] = "log.roll.jitter.ms",
        ["segment.ms"] = "log.roll.ms",
    };

    /// <summary>What Kafka does anyway at our seams; naming it changes nothing, and anything else it cannot do.</summary>
    private static readonly Dictionary<string, string> OwnWays = new()
    {
        ["read"] = "sendfile",
        ["write"] = "pagecache",
        ["cache"] = "none",
        ["replication"] = "pull",
        ["check"] = "records",
        ["acks"] = "all",
    };

    /// <summary>The settings of <c>server.properties</c> that the plan asks for.</summary>
    /// <param name="cluster">The plan.</param>
    /// <param name="problems">Gets a sentence for everything that has no equivalent.</param>
    public static Dictionary<string, string> Of(ClusterPlan cluster, List<string> problems)
    {
        var settings = new Dictionary<string, string>();
        foreach (var (seam, text) in cluster.Strategies)
        {
            if (seam == Flush) AddFlush(settings, text, problems);
            else if (!OwnWays.TryGetValue(seam, out var own)) problems.Add($"{seam}={text}: Kafka has no choice of {seam}; leave it out for {cluster.System}.");
            else if (own != text) problems.Add($"{seam}={text}: Kafka always works as {seam}={own}; leave it out for {cluster.System}.");
        }

        foreach (var (name, value) in cluster.Settings)
        {
            var own = OfTopics.GetValueOrDefault(name, name);
            if (KafkaProperties.IsHarnessOwn(own)) problems.Add($"broker.{name}: the harness sets it, by where the nodes are and how many there are.");
            else if (!settings.TryAdd(own, value)) problems.Add($"broker.{name}={value}: {own} follows from the flush strategy already; name one of them.");
        }

        // Without it Kafka looks only every 2^63 ms for what is due.
        if (settings.TryGetValue(FlushMs, out var every)) settings.TryAdd(FlushCheckMs, every);
        return settings;
    }

    /// <summary>What Kafka's settings amount to, as a strategy of the flush seam.</summary>
    /// <param name="settings">The broker's effective settings.</param>
    public static string FlushOf(IReadOnlyDictionary<string, string> settings)
    {
        var messages = Number(settings, FlushMessages);
        var milliseconds = Math.Max(Number(settings, FlushMs), Number(settings, FlushCheckMs));
        return messages == 1 ? EveryBatch
            : messages < long.MaxValue ? $"every-n(messages={messages})"
            : milliseconds < long.MaxValue ? $"{Interval}(interval={Quantity.Format(TimeSpan.FromMilliseconds(milliseconds))})"
            : OsCache;
    }

    private static long Number(IReadOnlyDictionary<string, string> settings, string name) =>
        settings.TryGetValue(name, out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : long.MaxValue;

    private static void AddFlush(Dictionary<string, string> settings, string text, List<string> problems)
    {
        try
        {
            var spec = StrategySpec.Parse(text);
            if (spec.Name == EveryBatch) settings[FlushMessages] = "1";
            else if (spec.Name == Interval)
            {
                settings[FlushMs] = settings[FlushCheckMs] =
                    spec.Duration("interval", TimeSpan.FromMilliseconds(100)).TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);
            }
            else if (spec.Name != OsCache)
            {
                problems.Add($"flush={text}: Kafka has no such policy; choose {OsCache}, {EveryBatch} or {Interval}(interval=…), or set broker.flush.messages and broker.flush.ms.");
                return;
            }

            spec.Resolved();
        }
        catch (StrategyException error)
        {
            problems.Add($"flush={text}: {error.Message}");
        }
    }
}
