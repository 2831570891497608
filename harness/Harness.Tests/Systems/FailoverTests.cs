using Harness.Checking;
using Harness.Cli;
using Harness.Load;
using Harness.Load.Running;
using Harness.Plans;
using Harness.Systems;

namespace Harness.Tests.Systems;

/// <summary>The real broker under a load that goes on through failures: its history is proven, and the replicas hold the same bytes.</summary>
public sealed class FailoverTests : IDisposable
{
    private const string Topic = "t";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestbedEngine _engine = new(Checkout.BrokerAssembly);
    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-failover-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("leader")]
    [InlineData("follower")]
    public async Task KilledNode_UnderLoad_LosesNothingAndComesBackWithTheSameBytes(string victim)
    {
        var plan = new ClusterPlan { Nodes = 3, Replication = 3, MinInSync = 2 }
            .WithSetting("replica.lag.time.max.ms", "1000").WithSetting("broker.session.timeout.ms", "1500").WithSetting("broker.heartbeat.interval.ms", "300");
        await using var cluster = await Cluster.Start(_engine, plan, Path.Combine(_folder, "data"), Path.Combine(_folder, "logs"), firstPort: 0, CancellationToken.None);
        string[] bootstrap = [.. cluster.Nodes.Select(node => node.Endpoint)];
        using var admin = new AdminClient(bootstrap, TimeSpan.FromSeconds(5));
        admin.CreateTopic(Topic, partitions: 2, replicationFactor: 3);
        admin.WaitUntilReady(Topic, Patience);
        var leaders = admin.DescribeTopic(Topic).Partitions.Select(partition => partition.LeaderId).ToHashSet();
        var hit = victim == "leader" ? leaders.First() : cluster.Nodes.First(node => !leaders.Contains(node.Id)).Id;

        var load = Task.Run(() => Run(bootstrap));
        await WaitForEnd(admin, 2000);
        var before = End(admin);
        await cluster.Pause(hit);
        await Task.Delay(500); // requests to it are sent and not answered, so that its death surely leaves some to send again
        await cluster.Kill(hit);
        await WaitForEnd(admin, before + 5000); // others lead, or go on without it
        await cluster.Restart(hit, CancellationToken.None);
        var report = await load;

        Assert.Empty(report.Problems);
        Assert.True(report.History!.IsProven, string.Join("; ", report.History.Evidence));
        Assert.True(report.Verification!.Sound, string.Join("; ", report.Verification.Examples));
        var totals = report.Produce!.Totals;
        Assert.Equal((40_000, 40_000, 0), (totals.Sent, totals.Acked, totals.NeverSent));
        // Without a follower nothing has to be sent again, and on a machine that stalls a leader for a session's time some is.
        if (victim == "leader") Assert.True(totals.Resent > 0);

        admin.WaitUntilReady(Topic, Patience);
        var ends = admin.EndOffsets(Topic);
        Assert.Equal(40_000, ends.Sum()); // retries were stored once
        Assert.Empty(await cluster.Stop());
        ReplicaPlace[] places = [.. cluster.Nodes.Select(node => new ReplicaPlace(node.Id, node.Place.DataFolder))];
        for (var partition = 0; partition < ends.Count; partition++)
        {
            Assert.Empty(ReplicaComparison.Differences(Topic, partition, ends[partition], places, out var bytes));
            Assert.True(bytes > ends[partition] * 100); // every record's value at least
        }
    }

    private LoadReport Run(IReadOnlyList<string> bootstrap)
    {
        var spec = new LoadSpec
        {
            Bootstrap = bootstrap,
            Topic = Topic,
            Produce = new ProduceSpec { RecordsPerSecond = 5000, Linger = TimeSpan.FromMilliseconds(5), Connections = 2 },
            Consume = new ConsumeSpec { When = ConsumeWhen.During, MaxWait = TimeSpan.FromMilliseconds(100) },
            Warmup = TimeSpan.Zero,
            Duration = TimeSpan.FromSeconds(8),
            Drain = Patience,
            RequestTimeout = TimeSpan.FromSeconds(5),
            Retries = int.MaxValue,
            HistoryFile = Path.Combine(_folder, "history.jsonl"),
        };
        var lines = new List<LoadLine>();
        LoadWorker.Run(spec, lines.Add, new RunControl());
        return Assert.IsType<ReportLine>(lines[^1]).Report;
    }

    private static long End(AdminClient admin)
    {
        try
        {
            return admin.EndOffsets(Topic).Sum();
        }
        catch (LoadException)
        {
            return 0; // an election is under way
        }
    }

    private static async Task WaitForEnd(AdminClient admin, long end)
    {
        for (var until = DateTime.UtcNow + Patience; End(admin) < end; await Task.Delay(50))
            Assert.True(DateTime.UtcNow < until, $"the log never came to offset {end}");
    }
}
