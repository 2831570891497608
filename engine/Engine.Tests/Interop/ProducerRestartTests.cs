using Engine.Core;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop;

/// <summary>One replica, a log that rolls every few batches, and a node that goes down between a batch and its retry.</summary>
public sealed class ProducerRestartTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Retry_AcrossRollsAndARestart_IsAnsweredAsADuplicate(bool isClean)
    {
        using var cluster = new BrokerCluster(1, "--set", "segment.bytes=4096");
        cluster.CreateTopic("retried");
        byte[][] batches;
        long[] offsets;
        using (var client = cluster.Connect())
        {
            var producer = client.InitProducerId().ProducerId;
            batches = [.. Enumerable.Range(0, 5).Select(i =>
                new RecordBatch($"once {i}") { ProducerId = producer, ProducerEpoch = 0, BaseSequence = i }.ToBytes())];
            offsets = [.. batches.Select(batch => Stored(client, batch))];
            // Others go on, far beyond what a start would read back: ten segments.
            for (var i = 0; i < 40; i++) Stored(client, RecordBatch.Of($"other {i} {new string('x', 1000)}"));
        }

        // Written in the background: a roll that a kill comes right behind is read back from batches, as far as a start reads.
        var folder = Path.GetDirectoryName(cluster.LogFile(1, "retried"))!;
        Until.True(() => File.Exists(Path.ChangeExtension(Directory.GetFiles(folder, "*.log").Max()!, ".snapshot")), "the last roll's snapshot");

        if (isClean) Assert.Equal(0, cluster.Node(1).Stop());
        else cluster.Node(1).Kill();
        cluster.Restart(1);

        using var again = cluster.Connect();
        Assert.Equal(offsets, batches.Select(batch => Stored(again, batch)));
        var stored = again.ReadAll("retried");
        Assert.Equal(45, stored.Count);
        Assert.Equal(5, stored.Count(record => record.Value.StartsWith("once", StringComparison.Ordinal)));

        static long Stored(RawClient client, byte[] batch)
        {
            var answer = client.Produce("retried", 0, batch);
            Assert.Equal(ErrorCode.None, answer.Error);
            return answer.BaseOffset;
        }
    }
}
