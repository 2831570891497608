using Engine.Core;
using Engine.Tests.Interop.Clients;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;
using Engine.Tests.Interop.SystemCalls;

namespace Engine.Tests.Crash;

/// <summary>One failing fsync, of a file by the flusher thread or of the folder that names it, ends that log's acknowledgements for good.</summary>
public sealed class FailingSyncTests
{
    [ToolTheory(ClientTool.Strace)]
    [InlineData("group-commit", "fdatasync", "victim-0/00000000000000000000.log")]
    [InlineData("group-commit", "fsync", "victim-0")]
    [InlineData("every-batch", "fsync", "victim-0")]
    public void Sync_FailsOnce_NothingIsAcknowledgedFromThenOnAndOtherLogsGoOn(string flush, string call, string path)
    {
        using var trace = new TemporaryFolder();
        using var cluster = new BrokerCluster(1, _ => ["--flush", flush], folder => Strace.Record(
            trace.File("calls"), call, "-e", $"inject={call}:error=EIO:when=1", "-P", Path.Combine(folder, "node-1", path)));
        cluster.CreateTopic("victim");
        cluster.CreateTopic("bystander");
        using var client = cluster.Connect();

        var answers = Enumerable.Range(0, 20).Select(i => client.Produce("victim", 0, RecordBatch.Of($"record {i}"), acks: 1).Error).ToList();

        // The first flush of all: not one batch was ever durable.
        Assert.All(answers, error => Assert.Equal(ErrorCode.KafkaStorageError, error));
        Assert.Equal(ErrorCode.None, client.Produce("bystander", 0, RecordBatch.Of("lives on")).Error);
        Assert.Equal("lives on", Assert.Single(client.ReadAll("bystander")).Value);
        var results = Strace.Results(trace.File("calls"), "victim-0");
        Assert.True(results.Count == 1 && results[0] < 0, $"a failed sync is never asked for again: {string.Join(' ', results)}");
    }
}
