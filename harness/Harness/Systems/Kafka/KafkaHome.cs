using System.Globalization;
using System.Text.RegularExpressions;
using Harness.Nodes;

namespace Harness.Systems.Kafka;

/// <summary>An Apache Kafka distribution and the Java that runs it, as the environment names them.</summary>
/// <param name="Folder">The distribution, with <c>bin</c> and <c>libs</c>.</param>
/// <param name="Version">Kafka's version, from the names of its libraries.</param>
/// <param name="Java">What the runtime says it is.</param>
internal sealed partial record KafkaHome(string Folder, string Version, string Java)
{
    public const string Variable = "KAFKA_HOME";

    private const string JavaVariable = "JAVA_HOME";
    private const string ServerStart = "kafka-server-start.sh";
    private const string Storage = "kafka-storage.sh";

    /// <summary>The first that is KRaft alone and has dropped what came before (KIP-896).</summary>
    private const int OldestKafka = 4;

    /// <summary>What Kafka 4's brokers are compiled for (KIP-1013).</summary>
    private const int OldestJava = 17;

    public string ServerStartScript => ScriptOf(ServerStart);

    public string StorageScript => ScriptOf(Storage);

    /// <summary>The path of one of its scripts, there or not.</summary>
    public string ScriptOf(string name) => Path.Combine(Folder, "bin", name);

    /// <summary>Looks for both.</summary>
    /// <param name="variable">A variable of the environment by its name.</param>
    /// <returns>The distribution, or a sentence that says what is missing and what to do.</returns>
    public static async Task<(KafkaHome? Home, string? Missing)> Find(Func<string, string?> variable)
    {
        if (variable(Variable) is not { Length: > 0 } folder)
            return (null, $"{Variable} is not set: unpack Apache Kafka {OldestKafka} and name its folder with that variable");
        if (!File.Exists(Path.Combine(folder, "bin", ServerStart)) || !File.Exists(Path.Combine(folder, "bin", Storage)))
            return (null, $"{Variable}={folder} has no bin/{ServerStart} and bin/{Storage}: name the folder of an Apache Kafka {OldestKafka}");
        if (VersionOf(folder) is not { } version)
            return (null, $"{Variable}={folder} has no libs/kafka-clients-*.jar: name the folder of an Apache Kafka {OldestKafka}");
        if (MajorOf(version) < OldestKafka)
            return (null, $"{Variable}={folder} is Kafka {version}: {OldestKafka} or newer is needed, which runs without ZooKeeper");

        var java = variable(JavaVariable) is { Length: > 0 } home ? Path.Combine(home, "bin", "java") : "java";
        var said = await JavaVersion(java);
        if (said is null) return (null, $"Kafka needs a Java {OldestJava} or newer, and {java} does not run: install one, or name its folder with {JavaVariable}");
        return MajorOf(said) >= OldestJava
            ? (new KafkaHome(folder, version, said), null)
            : (null, $"Kafka needs a Java {OldestJava} or newer, and {java} is {said}: name the folder of another one with {JavaVariable}");
    }

    private static string? VersionOf(string folder) => Directory.Exists(Path.Combine(folder, "libs"))
        ? Directory.GetFiles(Path.Combine(folder, "libs"), "kafka-clients-*.jar").Select(jar => ClientsJar().Match(jar)).FirstOrDefault(match => match.Success)?.Groups[1].Value
        : null;

    // openjdk version "17.0.15" 2025-04-15, on its standard error.
    private static async Task<string?> JavaVersion(string java)
    {
        try
        {
            var (exitCode, _, said) = await Output.Of(new NodeCommand("java", java, ["-version"], ""), TimeSpan.FromSeconds(20), CancellationToken.None);
            return exitCode == 0 && JavaVersionLine().Match(said) is { Success: true } match ? match.Groups[1].Value : null;
        }
        catch (NodeFailedException)
        {
            return null;
        }
    }

    private static int MajorOf(string version) =>
        int.TryParse(version.Split('.', '-', '+')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : 0;

    [GeneratedRegex(@"kafka-clients-(\d[\w.-]*)\.jar$")]
    private static partial Regex ClientsJar();

    [GeneratedRegex("version \"([^\"]+)\"")]
    private static partial Regex JavaVersionLine();
}
