using System.Globalization;
using Harness.Faults;
using Harness.Load;
using Harness.Nodes;
using Harness.Plans;

namespace Harness.Systems.Kafka;

/// <summary>Apache Kafka in KRaft mode, every node broker and controller, from the distribution that <c>KAFKA_HOME</c> names.</summary>
public sealed class ApacheKafka : ISystemUnderTest
{
    /// <summary>After a crash all of the log since the last checkpoint is read; a JVM on a busy machine takes its time as well.</summary>
    private static readonly TimeSpan ReadyDeadline = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan FormatDeadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>The just-in-time compiler's: with 10 s of load instead, p99 at 500,000 records/s was many times what it came to.</summary>
    private static readonly TimeSpan WarmupTime = TimeSpan.FromSeconds(60);

    private readonly Func<ClusterPlan, KafkaTuning> _tuning;
    private readonly Lazy<Task<(KafkaHome? Home, string? Missing)>> _found;

    private ApacheKafka(string name, Func<ClusterPlan, KafkaTuning> tuning, Func<string, string?> variable)
    {
        Name = name;
        _tuning = tuning;
        _found = new(() => KafkaHome.Find(variable));
    }

    public string Name { get; }

    /// <summary>Kafka with the defaults of its broker and its scripts.</summary>
    public static ApacheKafka AsShipped(Func<string, string?>? variable = null) =>
        new("kafka", _ => KafkaTuning.AsShipped, variable ?? Environment.GetEnvironmentVariable);

    /// <summary>Kafka as its documentation advises for production.</summary>
    public static ApacheKafka Tuned(Func<string, string?>? variable = null) =>
        new("kafka(tuned)", cluster => KafkaTuning.Tuned(cluster.Nodes, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes), variable ?? Environment.GetEnvironmentVariable);

    public string? WhatIsMissing(ClusterPlan cluster) => Found().Missing is { } missing ? $"{Name} is not here: {missing}." : null;

    public IEnumerable<string> Problems(Plan plan)
    {
        if (plan.Cluster.Hosts is not null) yield return $"system={Name} runs on this machine only: leave cluster.hosts out.";
        if (plan.Cluster.Tls != ClientTls.None) yield return $"system={Name} is measured in plaintext only: set cluster.tls to none.";
        foreach (var step in plan.Faults.Steps)
        {
            if (step.Target.Kind == FaultTargetKind.Controller || step.Fault.Peers?.Kind == FaultTargetKind.Controller)
                yield return $"faults: {step.Text}: a Kafka broker names any broker as controller to its clients (KIP-590); name node-1, node-2, … instead.";
            if (step.Fault.Needs.HasFlag(FaultNeeds.Proxies))
                yield return $"faults: {step.Text}: links between Kafka's brokers can be cut, but not be slow yet.";
        }
    }

    // By default files stay for a minute.
    public IReadOnlyDictionary<string, string> ShortLivedTopic(ClusterPlan cluster) => new Dictionary<string, string> { ["file.delete.delay.ms"] = "1000" };

    public Task<SettingsCheck> Check(ClusterPlan cluster, CancellationToken stop)
    {
        var problems = new List<string>();
        var settings = KafkaSettings.Of(cluster, problems);
        // By the plan's names, so that what was asked of one system reads as what was asked of the other.
        var asked = new Dictionary<string, string>(cluster.Settings) { ["flush"] = KafkaSettings.FlushOf(settings) };
        return Task.FromResult(new SettingsCheck(problems.Count > 0 ? new Dictionary<string, string>() : asked, problems) { Warmup = WarmupTime });
    }

    public IReadOnlyList<NodePlace> Arrange(ClusterPlan cluster, IReadOnlyList<NodePlace> places)
    {
        // Base64 in the alphabet of URLs, which is how Kafka writes its ids; one must not begin with a hyphen.
        var clusterId = "T" + Convert.ToBase64String(Guid.NewGuid().ToByteArray())[1..22].Replace('+', '0').Replace('/', '1');
        var ports = places.Select(place => FreePorts.Take(place.Host, 2)).ToList();
        var voters = places.Select((place, i) => $"{place.NodeId}@{place.Host}:{ports[i][0]}").ToList();
        return [.. places.Select((place, i) => place with
        {
            Port = place.Port == 0 ? ports[i][1] : place.Port,
            Quorum = new Quorum(clusterId, ports[i][0], voters),
        })];
    }

    public async Task<Node> StartNode(ClusterPlan cluster, NodePlace place, CancellationToken stop)
    {
        var home = Found().Home ?? throw new NodeFailedException(WhatIsMissing(cluster)!);
        var tuning = _tuning(cluster);
        var settings = new Dictionary<string, string>(tuning.Settings);
        foreach (var (name, value) in KafkaSettings.Of(cluster, [])) settings[name] = value;

        var properties = KafkaProperties.Of(cluster, place, settings);
        Directory.CreateDirectory(place.ClusterFolder);
        var file = Path.Combine(place.ClusterFolder, $"node-{place.NodeId}.properties");
        await File.WriteAllTextAsync(file, KafkaProperties.Text(properties), stop);
        var environment = new Dictionary<string, string>(tuning.Environment) { ["LOG_DIR"] = Path.Combine(place.ClusterFolder, $"log-{place.NodeId}") };
        foreach (var (name, value) in cluster.Environment) environment[name] = value;
        if (!File.Exists(Path.Combine(place.DataFolder, "meta.properties"))) await Format(home, place, file, environment, stop);

        var process = NodeProcess.Start(Command(place, InputWatch.Around(home.ServerStartScript, file), environment));
        try
        {
            using var admin = new AdminClient([$"{place.Host}:{place.Port}"], AnswerTimeout);
            await UntilRegistered(process, admin, place, stop);
            var effective = await Task.Run(() => new KafkaReadback(home, admin.DescribeBroker(place.NodeId), process.Pid), stop);
            await effective.Write(Path.ChangeExtension(place.LogFile, ".properties"), stop);
            effective.ThrowUnlessAsAsked(process.Name, properties);
            return new Node(place, process, effective.Settings);
        }
        catch (LoadException error)
        {
            await process.DisposeAsync();
            throw new NodeFailedException($"{process.Name} does not tell its configuration: {error.Message}");
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    private (KafkaHome? Home, string? Missing) Found() => _found.Value.GetAwaiter().GetResult();

    private static async Task Format(KafkaHome home, NodePlace place, string file, Dictionary<string, string> environment, CancellationToken stop)
    {
        var command = Command(place, [home.StorageScript, "format", "-t", place.Quorum!.ClusterId, "-c", file], environment);
        var (exitCode, output, errors) = await Output.Of(command, FormatDeadline, stop);
        if (exitCode != 0) throw new NodeRefusedException($"{command.Name} refused to start: Kafka's storage tool said {(errors + output).Trim()}");
    }

    /// <summary>Waits until the broker answers and finds itself among those that take requests.</summary>
    private static async Task UntilRegistered(NodeProcess process, AdminClient admin, NodePlace place, CancellationToken stop)
    {
        var problem = "";
        for (var until = DateTime.UtcNow + ReadyDeadline; DateTime.UtcNow < until; await Task.Delay(AskAgainAfter, stop))
        {
            if (process.HasExited)
                throw new NodeFailedException(string.Create(CultureInfo.InvariantCulture,
                    $"{process.Name} ended with exit code {process.ExitCode} before it was ready. The end of its log ({place.LogFile}):\n{process.LogTail}"));
            try
            {
                if ((await Task.Run(() => admin.BrokerIds, stop)).Contains(place.NodeId)) return;
                problem = "it is not registered with the controller yet";
            }
            catch (LoadException error)
            {
                problem = error.Message;
            }
        }

        throw new NodeFailedException(
            $"{process.Name} was not ready after {ReadyDeadline.TotalSeconds:0} s: {problem}. The end of its log ({place.LogFile}):\n{process.LogTail}");
    }

    private static NodeCommand Command(NodePlace place, List<string> command, Dictionary<string, string> environment)
    {
        // nsenter(1) becomes the program it starts: the process is the broker's own.
        if (place.NetworkNamespace is { } space) command.InsertRange(0, ["nsenter", $"--net={space}"]);
        return new NodeCommand($"node {place.NodeId}", command[0], command[1..], place.LogFile) { Environment = environment, Launcher = place.Launcher };
    }
}
