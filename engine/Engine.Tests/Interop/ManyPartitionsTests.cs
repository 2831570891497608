using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Tests.Interop.Clients;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;
using Engine.Tests.Interop.SystemCalls;

namespace Engine.Tests.Interop;

/// <summary>Partitions by the thousand on a running node: what they cost, counted in calls, and that they come back.</summary>
public sealed class ManyPartitionsTests
{
    private const int Partitions = 1000;

    [ToolFact(ClientTool.Strace)]
    public void CreateTopic_ThousandPartitions_OpensAndFlushesNothingForThem()
    {
        using var trace = new TemporaryFolder();
        using var cluster = new BrokerCluster(
            1, _ => [], _ => Strace.Record(trace.File("calls"), "open,openat,mkdir,mkdirat,fsync,fdatasync,fallocate"));
        cluster.CreateTopic("first");
        var (calls, syncs) = Count();
        using var client = cluster.Connect();
        Assert.Equal(ErrorCode.None, client.CreateTopic("many", Partitions).Error);
        var (callsAfter, syncsAfter) = Count();

        Assert.Empty(Strace.Results(trace.File("calls"), "/many-"));
        Assert.InRange(callsAfter - calls, 1, 200); // The journal, and whatever the runtime loads meanwhile.
        Assert.InRange(syncsAfter - syncs, 1, 20);
        Assert.Equal(ErrorCode.None, client.Produce("many", Partitions - 1, RecordBatch.Of("first")).Error);
        Assert.Equal(["first"], client.ReadAll("many", Partitions - 1).Select(record => record.Value));

        (int Calls, int Syncs) Count()
        {
            var lines = File.ReadAllLines(trace.File("calls"));
            return (lines.Length, lines.Count(line => line.Contains("sync(", StringComparison.Ordinal)));
        }
    }

    /// <summary>A first batch waits for no flush: its epoch is told by the batch itself until the log has a second segment.</summary>
    [ToolFact(ClientTool.Strace)]
    public void Produce_LeaderEpoch_IsFlushedWithTheFirstRoll()
    {
        using var trace = new TemporaryFolder();
        using var cluster = new BrokerCluster(1, _ => ["--flush", "os-cache"], _ => Strace.Record(trace.File("calls"), "fsync,fdatasync"));
        cluster.CreateTopic("rolls", 1, 1, new TopicSetting("segment.bytes", "20000"));
        using var client = cluster.Connect();
        Assert.Equal(ErrorCode.None, client.Produce("rolls", 0, RecordBatch.Of("first")).Error);
        Assert.Empty(Strace.Results(trace.File("calls"), "leader-epoch"));
        Assert.True(File.Exists(Path.Combine(cluster.DataFolder(1), "rolls-0", "leader-epoch-checkpoint")));

        while (cluster.LogFiles(1, "rolls").Count == 1) Assert.Equal(ErrorCode.None, client.Produce("rolls", 0, RecordBatch.Of(new string('x', 1000))).Error);
        Assert.Single(Strace.Results(trace.File("calls"), "leader-epoch"), 0L);
    }

    [Fact]
    public void Kill_ThousandPartitions_KeepTheirRecordsAndAreLedAgain()
    {
        using var cluster = new BrokerCluster(1);
        using (var client = cluster.Connect())
        {
            Assert.Equal(ErrorCode.None, client.CreateTopic("many", Partitions).Error);
            for (var i = 0; i < Partitions; i += 3) Assert.Equal(ErrorCode.None, client.Produce("many", i, RecordBatch.Of($"record {i}")).Error);
        }

        cluster.Node(1).Kill();
        cluster.Restart(1);
        using var again = cluster.Connect();
        for (var i = 0; i < Partitions; i++)
        {
            var produced = again.Produce("many", i, RecordBatch.Of("after"));
            Assert.Equal((ErrorCode.None, i % 3 == 0 ? 1L : 0L), (produced.Error, produced.BaseOffset));
        }
    }
}
