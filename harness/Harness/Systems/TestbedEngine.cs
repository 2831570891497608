using System.Text.Json;
using Harness.Nodes;
using Harness.Plans;

namespace Harness.Systems;

/// <summary>Our own broker, one process per node.</summary>
/// <param name="brokerAssembly">The path of <c>Engine.Broker.dll</c>.</param>
public sealed class TestbedEngine(string brokerAssembly) : ISystemUnderTest
{
    /// <summary>A node that recovers a log after a crash reads all of it.</summary>
    private static readonly TimeSpan ReadyDeadline = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan CheckDeadline = TimeSpan.FromSeconds(20);

    public string Name => "testbed";

    public bool ServesGroups(ClusterPlan cluster) => false;

    public async Task<SettingsCheck> Check(ClusterPlan cluster, CancellationToken stop)
    {
        var here = Path.Combine(Path.GetTempPath(), "testbed-check");
        var place = new NodePlace(1, 0, here, here, "");
        var (exitCode, output, errors) = await Output.Of(Command(brokerAssembly, cluster, place, "--check"), CheckDeadline, stop);
        if (exitCode == 0) return new SettingsCheck(ReadSettings(JsonDocument.Parse(output).RootElement), []);

        var problems = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new SettingsCheck(new Dictionary<string, string>(),
            problems.Length > 0 ? problems : [$"the broker refused its options without a word (exit code {exitCode})"]);
    }

    public async Task<Node> StartNode(ClusterPlan cluster, NodePlace place, CancellationToken stop)
    {
        // A node whose harness is gone has nobody to stop it: it watches its input and stops with us.
        var folder = await place.Machine.Deploy(Path.GetDirectoryName(Path.GetFullPath(brokerAssembly))!, stop);
        var process = NodeProcess.Start(Command(Path.Combine(folder, Path.GetFileName(brokerAssembly)), cluster, place, "--stop-with-stdin"));
        try
        {
            using var ready = JsonDocument.Parse(await process.Ready(ReadyDeadline, stop));
            var listen = ready.RootElement.GetProperty("listen").GetString()!;
            var port = int.Parse(listen[(listen.LastIndexOf(':') + 1)..]);
            return new Node(place with { Port = port }, process, ReadSettings(ready.RootElement));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    private static NodeCommand Command(string assembly, ClusterPlan cluster, NodePlace place, string mode)
    {
        List<string> arguments =
        [
            assembly, "--node-id", $"{place.NodeId}", "--listen", $"{place.Host}:{place.Port}", "--inter-broker", $"{place.Host}:{place.InterBrokerPort}",
            "--data", place.DataFolder, "--cluster", place.ClusterFolder, mode,
        ];
        if (place.AdvertisedInterBroker is { } advertised) arguments.AddRange(["--advertise-inter-broker", advertised]);
        foreach (var (seam, text) in cluster.Strategies) arguments.AddRange([OptionOf(seam), text]);

        arguments.AddRange(["--set", $"min.insync.replicas={cluster.MinInSync}"]);
        if (cluster.Tls != ClientTls.None)
        {
            arguments.AddRange(["--set", "security.protocol=SSL", "--set", $"ssl.enabled.protocols={cluster.Tls.Version()}"]);
            if (place.Tls is { } tls) arguments.AddRange(["--set", $"ssl.keystore.location={tls.Keystore}"]);
        }

        foreach (var (name, value) in cluster.Settings) arguments.AddRange(["--set", $"{name}={value}"]);

        var program = place.Machine.DotNet;
        if (place.NetworkNamespace is { } space)
        {
            // nsenter(1) becomes the program it starts: the process is the broker's own. Mounts stay those of this process.
            arguments.InsertRange(0, [$"--net={space}", program]);
            program = "nsenter";
        }

        return new NodeCommand($"node {place.NodeId}", program, arguments, place.LogFile) { Environment = cluster.Environment, Launcher = place.Launcher, Host = place.Machine };
    }

    // The broker's --check asks for its options to be checked.
    private static string OptionOf(string seam) => seam == "check" ? "--check-batches" : "--" + seam;

    /// <summary>The settings of a ready line, which carries them as <c>config</c>, or of a check, which is nothing else.</summary>
    private static Dictionary<string, string> ReadSettings(JsonElement json)
    {
        var settings = json.TryGetProperty("config", out var config) ? config : json;
        return settings.EnumerateObject().ToDictionary(setting => setting.Name, setting => setting.Value.ToString());
    }
}
