using System.Globalization;

namespace Harness.Systems.Kafka;

/// <summary>What a variant of Kafka is started with beyond what every node needs.</summary>
/// <param name="Name">What plans call the system.</param>
/// <param name="Settings">Broker settings by the names of <c>server.properties</c>; a plan's own go before them.</param>
/// <param name="Environment">Variables that Kafka's start script reads; empty stands for its default.</param>
internal sealed record KafkaTuning(string Name, IReadOnlyDictionary<string, string> Settings, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>The heap that Kafka's documentation names for a broker that has a large machine for itself.</summary>
    private const long HeapGigabytes = 6;

    // What this process happens to have in its environment is nothing that a result should hang on.
    private static readonly Dictionary<string, string> ScriptDefaults = new()
    {
        ["KAFKA_HEAP_OPTS"] = "-Xmx1G -Xms1G",
        ["KAFKA_JVM_PERFORMANCE_OPTS"] = "",
        ["KAFKA_LOG4J_OPTS"] = "",
        ["KAFKA_OPTS"] = "",
        ["JMX_PORT"] = "",
    };

    /// <summary>Variables for Kafka's command-line tools: what their scripts set by themselves, and numbers as everywhere here.</summary>
    public static IReadOnlyDictionary<string, string> OfTools { get; } =
        new Dictionary<string, string>(ScriptDefaults) { ["KAFKA_HEAP_OPTS"] = "-Xmx512M", ["LC_ALL"] = "C" };

    /// <summary>As unpacked: the defaults of <c>kafka-server-start.sh</c> and of the broker.</summary>
    public static KafkaTuning AsShipped { get; } = new("kafka", new Dictionary<string, string>(), ScriptDefaults);

    /// <summary>As Kafka's documentation advises for production, within what one machine has for all nodes.</summary>
    /// <remarks>The flags of its section on Java; larger socket buffers and fetches between replicas, for rates that the defaults could hold up. Heaps of
    /// all nodes take at most a third of the memory, as the page cache serves readers. Threads stay at 3 for the network and 8 for requests, the defaults
    /// it advises for up to 8 disks; <c>broker.num.io.threads</c> and its like change them.</remarks>
    /// <param name="nodes">Brokers on this machine.</param>
    /// <param name="memoryBytes">What it has.</param>
    public static KafkaTuning Tuned(int nodes, long memoryBytes)
    {
        var heap = Math.Clamp((memoryBytes / 3 / nodes) >> 30, 1, HeapGigabytes);
        return new KafkaTuning("kafka(tuned)",
            new Dictionary<string, string>
            {
                ["socket.send.buffer.bytes"] = "1048576",
                ["socket.receive.buffer.bytes"] = "1048576",
                ["replica.socket.receive.buffer.bytes"] = "1048576",
                ["replica.fetch.max.bytes"] = "8388608",
            },
            new Dictionary<string, string>(ScriptDefaults)
            {
                ["KAFKA_HEAP_OPTS"] = string.Create(CultureInfo.InvariantCulture, $"-Xmx{heap}g -Xms{heap}g"),
                ["KAFKA_JVM_PERFORMANCE_OPTS"] = "-server -XX:MetaspaceSize=96m -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 "
                    + "-XX:G1HeapRegionSize=16M -XX:MinMetaspaceFreeRatio=50 -XX:MaxMetaspaceFreeRatio=80 -XX:+ExplicitGCInvokesConcurrent -Djava.awt.headless=true",
            });
    }
}
