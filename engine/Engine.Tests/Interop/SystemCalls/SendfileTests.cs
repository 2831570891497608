using Engine.Core;
using Engine.Storage.Read;
using Engine.Tests.Interop.Clients;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop.SystemCalls;

/// <summary>The read strategies do what their names say: seen from outside, in the calls that the node makes.</summary>
public sealed class SendfileTests
{
    private const int Batches = 40;

    [ToolFact(ClientTool.Strace)]
    public void ReadSendfile_RecordsConsumed_WereMovedBySendfile()
    {
        var (recordBytes, moved) = ConsumeUnder("sendfile");

        Assert.True(moved.Where(bytes => bytes > 0).Sum() >= recordBytes, $"sendfile moved {moved.Where(bytes => bytes > 0).Sum()} of {recordBytes} bytes");
    }

    public static TheoryData<string> OtherReadPaths => [.. ReadPaths.Catalog.Strategies.Select(path => path.Name).Where(name => name != "sendfile")];

    [ToolTheory(ClientTool.Strace)]
    [MemberData(nameof(OtherReadPaths))]
    public void ReadOtherwise_RecordsConsumed_WithoutSendfile(string read)
    {
        var (recordBytes, moved) = ConsumeUnder(read);

        Assert.True(recordBytes > 0, "records came back");
        Assert.Empty(moved);
    }

    [ToolFact(ClientTool.Strace)]
    public void ReadSendfile_LongRange_IsCorkedAndUncorkedAgain()
    {
        using var trace = new TemporaryFolder();
        ConsumeUnder("sendfile", trace.File("calls"), "setsockopt");

        var corked = Strace.Results(trace.File("calls"), "TCP_CORK, [1]");
        Assert.NotEmpty(corked);
        Assert.Equal(corked, Strace.Results(trace.File("calls"), "TCP_CORK, [0]"));
        Assert.All(corked, result => Assert.Equal(0, result));
    }

    private static (long RecordBytes, List<long> Moved) ConsumeUnder(string read)
    {
        using var trace = new TemporaryFolder();
        var recordBytes = ConsumeUnder(read, trace.File("calls"), "sendfile");
        return (recordBytes, Strace.Results(trace.File("calls")));
    }

    private static long ConsumeUnder(string read, string traceFile, string calls)
    {
        using var cluster = new BrokerCluster(1, _ => ["--read", read], _ => Strace.Record(traceFile, calls));
        cluster.CreateTopic("moved");
        using var client = cluster.Connect();
        for (var i = 0; i < Batches; i++)
            Assert.Equal(ErrorCode.None, client.Produce("moved", 0, RecordBatch.Of(Enumerable.Repeat(new string('x', 100), 200).ToArray())).Error);

        var recordBytes = client.FetchAll("moved").Sum(batches => batches.Length);
        Assert.Equal(Batches * 200, client.ReadAll("moved").Count);

        Assert.Equal(0, cluster.Node(1).Stop());
        return recordBytes;
    }
}
