using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Harness.Plans;
using Harness.Systems;

namespace Harness.Cli.Commands;

/// <summary><c>testbed up</c>: a cluster for any client, until it is told to stop.</summary>
internal static class UpCommand
{
    private const int NodesDefault = 3;
    private const int NodesMax = 32;
    private const int PortDefault = 19092;

    public static Command Create(Surroundings surroundings)
    {
        var nodes = SharedOptions.Number("--nodes", 1, $"Brokers, up to {NodesMax}. [{NodesDefault}]");
        var port = SharedOptions.Number("--port", 0, $"The first node's port, the others count up from it; 0 takes free ones. [{PortDefault}]");
        var data = SharedOptions.Data("Where the nodes keep their data; the next start goes on with what is there. Without it data goes when the cluster stops.");
        var set = SharedOptions.Set($"The system (testbed, kafka, kafka(tuned)), a strategy ({string.Join(", ", PlanSettings.Seams)}) or a broker setting, such as segment.bytes=67108864. Repeatable.");
        var command = new Command("up", "Starts a cluster for any client to play with and prints 'ready HOST:PORT,…' when it takes requests.") { nodes, port, data, set };
        command.SetAction((parsed, stop) => Run(parsed.GetValue(nodes) ?? NodesDefault, parsed.GetValue(port) ?? PortDefault, parsed.GetValue(data), parsed.GetValue(set)!, surroundings, stop));
        return command;
    }

    private static async Task<int> Run(int nodes, int port, string? data, string[] settings, Surroundings surroundings, CancellationToken stop)
    {
        if (nodes > NodesMax) throw new CommandException($"--nodes {nodes}: give 1 to {NodesMax}.");
        if (port + nodes - 1 > IPEndPoint.MaxPort) throw new CommandException($"--port {port}: give 0 or a first port that leaves {nodes} up to {IPEndPoint.MaxPort}.");

        var system = Checkout.Systems;
        var plan = PlanOf(nodes, settings);
        var check = await system.Check(plan, stop);
        if (check.Problems.Count > 0) throw new CommandException(string.Join('\n', check.Problems));

        if (port > 0) ThrowIfInUse(port, nodes);
        using var folder = ClusterFolder.Open(data, nodes);
        try
        {
            await using var cluster = await Cluster.Start(system, plan, folder.Path, Path.Combine(folder.Path, "logs"), port, stop);
            surroundings.Out.WriteLine("ready " + cluster.Bootstrap);
            surroundings.Out.Flush();
            await WaitForEnd(cluster, stop);
            await cluster.Stop();
            return ExitCode.Success;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop before it was up: that is a stop as well.
            return ExitCode.Success;
        }
    }

    private static ClusterPlan PlanOf(int nodes, string[] settings)
    {
        var copies = Math.Min(3, nodes);
        var plan = new ClusterPlan { Nodes = nodes, Replication = copies, MinInSync = Math.Min(2, copies) }
            // Topics that clients have made for them are as safe as the cluster allows.
            .WithSetting("default.replication.factor", $"{copies}");
        foreach (var assignment in settings)
        {
            var (name, value) = PlanSettings.Split(assignment);
            plan = name == "system" ? plan with { System = value }
                : PlanSettings.Seams.Contains(name) ? plan.WithStrategy(name, value)
                : plan.WithSetting(name.StartsWith("broker.", StringComparison.Ordinal) ? name["broker.".Length..] : name, value);
        }

        return plan;
    }

    private static async Task WaitForEnd(Cluster cluster, CancellationToken stop)
    {
        var stopped = Task.Delay(Timeout.Infinite, stop);
        await Task.WhenAny([stopped, .. cluster.Nodes.Select(node => node.Process.Exited)]);
        // Ctrl-C reaches the nodes too, and they may be the first to end: give the signal time to arrive here.
        await Task.WhenAny(stopped, Task.Delay(TimeSpan.FromMilliseconds(200), CancellationToken.None));
        if (!stop.IsCancellationRequested) cluster.ThrowIfOneEnded();
    }

    private static void ThrowIfInUse(int firstPort, int nodes)
    {
        for (var port = firstPort; port < firstPort + nodes; port++)
        {
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
            }
            catch (SocketException error)
            {
                throw new CommandException(
                    $"port {port} cannot be listened on ({error.Message}): {nodes} nodes need {firstPort} to {firstPort + nodes - 1}; name another first port with --port.");
            }
        }
    }
}
