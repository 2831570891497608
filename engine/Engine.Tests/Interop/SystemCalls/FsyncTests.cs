using Engine.Core;
using Engine.Tests.Interop.Clients;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;
using Engine.Tests.Interop.Replication;

namespace Engine.Tests.Interop.SystemCalls;

/// <summary>Flushing is really asked of the kernel, and its refusal is never taken for success.</summary>
public sealed class FsyncTests
{
    private const string SyncCalls = "fsync,fdatasync";

    [ToolFact(ClientTool.Strace)]
    public void EveryBatch_EachAnswered_WasSyncedFirst()
    {
        const int batches = 30;
        using var trace = new TemporaryFolder();
        using var cluster = new BrokerCluster(1, _ => ["--flush", "every-batch"], _ => Strace.Record(trace.File("calls"), SyncCalls));
        cluster.CreateTopic("synced");
        using var client = cluster.Connect();
        for (var i = 1; i <= batches; i++)
        {
            Assert.Equal(ErrorCode.None, client.Produce("synced", 0, RecordBatch.Of($"record {i}"), acks: 1).Error);
            var synced = Strace.Results(trace.File("calls"), Path.Combine("synced-0", "0000")).Count(result => result == 0);
            Assert.True(synced >= i, $"{synced} syncs before the answer to batch {i}");
        }
    }

    [ToolFact(ClientTool.Strace)]
    public void EveryBatch_SyncFails_NothingIsAcknowledgedFromThenOn()
    {
        using var trace = new TemporaryFolder();
        using var cluster = new BrokerCluster(
            1, _ => ["--flush", "every-batch"],
            folder => Strace.Record(
                trace.File("calls"), SyncCalls, "-e", $"inject={SyncCalls}:error=EIO:when=4+",
                "-P", Path.Combine(folder, "node-1", "victim-0", $"{0:D20}.log")));
        cluster.CreateTopic("victim");
        cluster.CreateTopic("bystander");
        using var client = cluster.Connect();

        // Which call of which thread is the first to fail is the kernel's business; that it comes soon is not.
        var answers = Enumerable.Range(0, 60).Select(i => client.Produce("victim", 0, RecordBatch.Of($"record {i}"), acks: 1).Error).ToList();

        var failed = answers.FindIndex(error => error != ErrorCode.None);
        Assert.True(failed > 0, $"some are answered, then the sync fails: {string.Join(' ', answers)}");
        Assert.All(answers[failed..], error => Assert.Equal(ErrorCode.KafkaStorageError, error));
        Assert.Equal(ErrorCode.None, client.Produce("bystander", 0, RecordBatch.Of("lives on")).Error);
        Assert.Equal("lives on", Assert.Single(client.ReadAll("bystander")).Value);

        // The kernel marks the pages clean when it reports the error, so a second try would succeed without having written them.
        var syncs = Strace.Results(trace.File("calls"), "victim-0");
        Assert.Single(syncs, result => result < 0);
        Assert.True(syncs[^1] < 0, "a failed sync is never retried");
    }

    [ToolFact(ClientTool.Strace)]
    public void EveryBatch_SyncFailsOnTheLeader_AnotherLeadsAndNothingAcknowledgedIsLost()
    {
        using var trace = new TemporaryFolder();
        using var cluster = new BrokerCluster(
            3, _ => ["--flush", "every-batch"],
            folder => Strace.Record(
                trace.File("calls"), SyncCalls, "-e", $"inject={SyncCalls}:error=EIO:when=4+",
                "-P", Path.Combine(folder, "node-1", "victim-0", $"{0:D20}.log")));
        cluster.CreateTopic("victim", replicas: 3);
        Assert.Equal(1, cluster.LeaderOf("victim"));

        using var producer = new SteadyProducer(cluster, "victim");
        Assert.Equal([2, 3], cluster.LeaderOtherThan(1, "victim").InSyncReplicas.Order());
        producer.WaitForMore(1000);
        cluster.AssertKept(producer.Stop(), "victim");
    }
}
