using Engine.Core;
using Engine.Tests.Interop.Clients;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop.SystemCalls;

/// <summary>The write and flush strategies do what their names say: seen from outside, in the calls that the node makes.</summary>
public sealed class WriteAndFlushTests
{
    private const int Batches = 30;
    private const string Writes = "pwrite64,pwritev,write,io_submit";
    private const string Syncs = "fsync,fdatasync,msync";

    private List<string> _all = []; // Also the calls on no segment.

    [ToolFact(ClientTool.Strace)]
    public void WritePageCache_EachBatch_IsOnePwrite()
    {
        var calls = ProduceUnder("pagecache", "interval(10min)", Writes);

        Assert.Equal(Batches, calls.Count(call => Is(call, "pwrite64")));
        Assert.DoesNotContain(calls, call => !Is(call, "pwrite64"));
    }

    [ToolFact(ClientTool.Strace)]
    public void WriteGather_Batches_AreWrittenByPwritev()
    {
        var calls = ProduceUnder("gather", "group-commit", Writes);

        Assert.InRange(calls.Count(call => Is(call, "pwritev")), 1, Batches);
        Assert.DoesNotContain(calls, call => !Is(call, "pwritev"));
    }

    [ToolFact(ClientTool.Strace)]
    public void WriteDirect_Segment_IsOpenedPastThePageCacheAndSubmittedTo()
    {
        var calls = ProduceUnder("direct(block=16KiB)", "group-commit", "openat," + Writes);

        Assert.Contains(calls, call => Is(call, "open", "O_DIRECT"));
        Assert.True(calls.Count(call => Is(call, "io_submit", "IOCB_CMD_PWRITE")) > Batches, "a batch is more than one block");
    }

    [ToolFact(ClientTool.Strace)]
    public void WriteMapped_Segment_IsMappedWritableAndNeverWrittenTo()
    {
        var calls = ProduceUnder("mapped", "interval(10min)", "mmap," + Writes);

        Assert.Contains(calls, call => Is(call, "mmap", "PROT_READ|PROT_WRITE, MAP_SHARED"));
        Assert.DoesNotContain(calls, call => !Is(call, "mmap"));
    }

    [ToolFact(ClientTool.Strace)]
    public void WriteMapped_FlushDsync_SyncsTheMappingBeforeEachAnswer()
    {
        var calls = ProduceUnder("mapped", "dsync", Syncs);

        Assert.Empty(calls);
        Assert.True(_all.Count(call => Is(call, "msync", "MS_SYNC")) >= Batches, "each batch is synced, by a call that names no file");
    }

    [ToolFact(ClientTool.Strace)]
    public void WriteMemory_Segment_IsAFileInMemory()
    {
        var calls = ProduceUnder("memory", "interval(10min)", "memfd_create,openat," + Writes);

        Assert.Contains(calls, call => Is(call, "memfd_create"));
        Assert.Equal(Batches, calls.Count(call => Is(call, "pwrite64", "memfd:")));
        Assert.DoesNotContain(calls, call => Is(call, "open"));
    }

    [ToolFact(ClientTool.Strace)]
    public void FlushDsync_Segment_IsOpenedSoAndNeverSynced()
    {
        var calls = ProduceUnder("pagecache", "dsync", "openat," + Writes + "," + Syncs);

        Assert.All(calls.Where(call => Is(call, "open")), call => Assert.Contains("O_DSYNC", call, StringComparison.Ordinal));
        Assert.Contains(calls, call => Is(call, "open", "O_CREAT"));
        Assert.Equal(Batches, calls.Count(call => Is(call, "pwrite64")));
        Assert.DoesNotContain(calls, call => Is(call, "fdatasync"));
    }

    [ToolFact(ClientTool.Strace)]
    public void FlushWritebackPacing_EverySoManyBytes_TheKernelIsToldToWrite()
    {
        var calls = ProduceUnder("pagecache", "writeback-pacing(bytes=64KiB)", "sync_file_range," + Syncs);

        Assert.InRange(calls.Count(call => Is(call, "sync_file_range", "SYNC_FILE_RANGE_WRITE")), 5, Batches);
        Assert.DoesNotContain(calls, call => Is(call, "fdatasync"));
    }

    [ToolFact(ClientTool.Strace)]
    public void FlushEveryN_EachNthBatch_IsSynced()
    {
        var calls = ProduceUnder("pagecache", "every-n(batches=10)", Syncs);

        Assert.Equal(Batches / 10, calls.Count(call => Is(call, "fdatasync")));
    }

    /// <summary>The calls that a node made on the segment, until it had answered for all batches; each has about 20 KB.</summary>
    private List<string> ProduceUnder(string write, string flush, string traced)
    {
        using var trace = new TemporaryFolder();
        using var cluster = new BrokerCluster(1, _ => ["--write", write, "--flush", flush], _ => Strace.Record(trace.File("calls"), traced));
        cluster.CreateTopic("written");
        using var client = cluster.Connect();
        for (var i = 0; i < Batches; i++)
            Assert.Equal(ErrorCode.None, client.Produce("written", 0, RecordBatch.Of(Enumerable.Repeat(new string('x', 100), 200).ToArray()), acks: 1).Error);

        _all = [.. Strace.Calls(trace.File("calls"))];
        return [.. _all.Where(call => call.Contains($"{0:D20}.log", StringComparison.Ordinal))];
    }

    private static bool Is(string call, string name, string argument = "") =>
        call.Contains($" {name}", StringComparison.Ordinal) && call.Contains(argument, StringComparison.Ordinal);
}
