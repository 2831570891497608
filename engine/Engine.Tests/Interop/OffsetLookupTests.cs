using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop;

/// <summary>Offsets found by time and by end, in a log that has rolled and a node that was restarted.</summary>
public sealed class OffsetLookupTests
{
    private const string Topic = "times";
    private const int Batches = 200;

    [Fact]
    public void ListOffsets_RolledAndRestarted_FindsTheFirstRecordAtLeastAsYoung()
    {
        using var cluster = new BrokerCluster(1, "--set", "segment.bytes=4096");
        cluster.CreateTopic(Topic);
        using (var client = cluster.Connect())
        {
            // Two records a batch, a second from batch to batch; at the end one that is out of order.
            for (var batch = 0; batch < Batches; batch++) Produce(client, batch * 1000);
            Produce(client, 500);
            AssertFound(client);
        }

        Assert.Equal(0, cluster.Node(1).Stop());
        cluster.Restart(1);
        using var again = cluster.Connect();
        AssertFound(again);

        static void Produce(RawClient client, long timestampMs) => Assert.Equal(
            ErrorCode.None, client.Produce(Topic, 0, new RecordBatch("first", "second") { TimestampMs = timestampMs }.ToBytes()).Error);
    }

    private static void AssertFound(RawClient client)
    {
        Assert.Equal((0, -1), Find(ListOffsetsRequest.Earliest));
        Assert.Equal((2 * (Batches + 1), -1), Find(ListOffsetsRequest.Latest));
        Assert.Equal((2 * (Batches - 1), 1000 * (Batches - 1)), Find(ListOffsetsRequest.MaxTimestamp));
        for (var second = 0; second < Batches; second++)
        {
            Assert.Equal((2 * second, 1000 * second), Find(1000 * second));
            if (second > 0) Assert.Equal((2 * second, 1000 * second), Find((1000 * second) - 1));
        }

        Assert.Equal((-1, -1), Find(1000 * Batches));

        (long Offset, long Timestamp) Find(long timestamp)
        {
            var found = client.ListOffset(Topic, 0, timestamp);
            Assert.Equal(ErrorCode.None, found.Error);
            return (found.Offset, found.Timestamp);
        }
    }
}
