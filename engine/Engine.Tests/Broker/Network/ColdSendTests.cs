using System.Collections.Concurrent;
using System.Net.Sockets;
using Engine.Storage;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Storage;

namespace Engine.Tests.Broker.Network;

/// <summary>Slices of a log that are in no memory when they are sent hold up their own connection and nobody else's.</summary>
[Collection(nameof(Alone))] // one of them counts allocations
public sealed class ColdSendTests : IDisposable
{
    private const int LogBytes = 5 << 20;

    private readonly SlowDisk _disk = new();

    /// <summary>Transport; how the log is read: the strategies that leave the bytes to whoever sends them.</summary>
    public static TheoryData<string, string> Ways
    {
        get
        {
            var ways = new TheoryData<string, string>();
            foreach (var transport in Host.TransportTexts)
                foreach (var read in new[] { "sendfile", "mapped" })
                    ways.Add(transport, read);
            return ways;
        }
    }

    public void Dispose() => _disk.Dispose();

    [Theory, MemberData(nameof(Ways))]
    public void Slice_NotInMemory_ArrivesWholeWhileOthersAreAnswered(string transport, string read)
    {
        using var log = Fill(read);
        using var host = Open(transport, log);
        _disk.ColdBefore = LogBytes / 2; // cold first, then not: the two parts take different ways
        var (cold, other) = (host.Connect(), host.Connect());

        cold.SendFrame([1]);
        _disk.AwaitReader();
        for (var i = 0; i < 200; i++)
        {
            other.SendFrame([0, (byte)i]);
            Assert.Equal([0, (byte)i], other.ReceiveFrame());
        }

        _disk.AllowAll();
        Assert.True(cold.ReceiveExactly((int)log.Log.SizeBytes).AsSpan().SequenceEqual(Content(log)));
        Assert.Equal([1], cold.ReceiveFrame());
        Assert.Empty(host.Failures);
    }

    [Theory, MemberData(nameof(Ways))]
    public void Slice_OfAPeerThatReadsSlowly_IsBroughtInStepByStep(string transport, string read)
    {
        const int StepBytes = 1 << 20;
        using var log = Fill(read);
        using var host = Open(transport, log);
        var reads = 0;
        _disk.OnRead = () => Interlocked.Increment(ref reads);
        _disk.ColdBefore = long.MaxValue;
        _disk.AllowAll();
        var slow = host.Connect(receiveBufferBytes: 64 << 10);

        slow.SendFrame([1]);
        Assert.True(slow.ReceiveExactly((int)log.Log.SizeBytes).AsSpan().SequenceEqual(Content(log)));
        Assert.Equal([1], slow.ReceiveFrame());
        Assert.InRange(reads, log.Log.SizeBytes / StepBytes, long.MaxValue);
    }

    [Theory]
    [InlineData("mapped", LogBytes, true, true)]
    [InlineData("mapped", LogBytes, false, false)]
    [InlineData("mapped", 100 << 10, true, false)]
    [InlineData("sendfile", LogBytes, true, false)]
    public void Slice_InMemory_IsLeftToADiskThreadOnlyWhereItTakesManyPageFaults(string read, int bytes, bool isFresh, bool isLeft)
    {
        using var log = Fill(read, bytes);
        if (isFresh) NoteReading(log);
        using var host = Open("epoll", log);
        var client = host.Connect();

        client.SendFrame([1]);
        Assert.True(client.ReceiveExactly((int)log.Log.SizeBytes).AsSpan().SequenceEqual(Content(log)));

        var threads = Directory.GetDirectories("/proc/self/task").Select(thread => File.ReadAllText(Path.Combine(thread, "comm")));
        Assert.Equal(isLeft, threads.Any(name => name.StartsWith("disk-", StringComparison.Ordinal)));
    }

    [Fact]
    public void Slice_OfAFileSystemThatHidesItsPages_IsAskedAfterOnceOnly()
    {
        using var log = Fill("sendfile");
        using var host = Open("epoll", log);
        var reads = 0;
        _disk.OnRead = () => Interlocked.Increment(ref reads);
        (_disk.ColdBefore, _disk.HidesPages) = (long.MaxValue, true);
        _disk.AllowAll();
        var client = host.Connect();

        client.SendFrame([1]);
        Assert.True(client.ReceiveExactly((int)log.Log.SizeBytes).AsSpan().SequenceEqual(Content(log)));
        Assert.Equal(1, reads);
    }

    [Theory, MemberData(nameof(Ways))]
    public void Connections_MoreThanDiskThreads_AllGetTheirBytes(string transport, string read)
    {
        using var log = Fill(read);
        using var host = Open(transport, log);
        _disk.ColdBefore = long.MaxValue;
        var clients = Enumerable.Range(0, 9).Select(_ => host.Connect()).ToArray();
        foreach (var client in clients) client.SendFrame([1]);
        _disk.AwaitReader();
        _disk.AllowAll();

        Parallel.ForEach(clients, client =>
        {
            Assert.True(client.ReceiveExactly((int)log.Log.SizeBytes).AsSpan().SequenceEqual(Content(log)));
            Assert.Equal([1], client.ReceiveFrame());
        });
    }

    [Theory, MemberData(nameof(Ways))]
    public void Peer_ThatLeavesWhileTheDiskIsRead_IsForgottenAndItsSliceReleased(string transport, string read)
    {
        using var log = Fill(read);
        using var host = Open(transport, log, out var handlers);
        _disk.ColdBefore = long.MaxValue;
        var client = host.Connect();
        client.SendFrame([1]);
        _disk.AwaitReader();

        client.LingerState = new LingerOption(enable: true, seconds: 0);
        client.Dispose();
        // On an epoll loop the end is noticed at once; a thread of its own sits in the read until that is over.
        if (transport != "threads") Assert.True(handlers.Single().HasClosed.Wait(Host.Patience));
        _disk.AllowAll();
        Assert.True(handlers.Single().HasClosed.Wait(Host.Patience));

        // A slice that nobody released would keep the deleted log's file open.
        Assert.True(HasOpenSegment(log));
        log.Data.DeleteLog(log.Log);
        Until.True(() => !HasOpenSegment(log), "the deleted log's file is closed");
    }

    [Theory, MemberData(nameof(Ways))]
    public void Log_DeletedWhileItsSliceIsRead_IsStillSent(string transport, string read)
    {
        using var log = Fill(read);
        using var host = Open(transport, log);
        var content = Content(log);
        _disk.ColdBefore = long.MaxValue;
        var client = host.Connect();
        client.SendFrame([1]);
        _disk.AwaitReader();

        log.Data.DeleteLog(log.Log);
        _disk.AllowAll();

        Assert.True(client.ReceiveExactly(content.Length).AsSpan().SequenceEqual(content));
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task Transport_EndedWhileTheDiskIsRead_EndsOnceItIs(string transport, string read)
    {
        using var log = Fill(read);
        var host = Open(transport, log);
        _disk.ColdBefore = long.MaxValue;
        foreach (var client in Enumerable.Range(0, 6).Select(_ => host.Connect())) client.SendFrame([1]);
        _disk.AwaitReader();

        var ending = Task.Run(host.Dispose);
        _disk.AllowAll();
        await ending.WaitAsync(Host.Patience);
    }

    [Theory]
    [InlineData("sendfile")]
    [InlineData("mapped")]
    public void ColdSlices_OnceWarm_AllocateNothingOnDiskThreads(string read)
    {
        const int WarmUp = 200, Rounds = 400, Stretches = 4, Total = WarmUp + (Stretches * Rounds);
        using var log = Fill(read, bytes: 64 << 10);
        using var host = Open("epoll", log);
        var (reads, size) = (0, (int)log.Log.SizeBytes);
        var (first, last) = (new long[Stretches, 1 << 16], new long[Stretches, 1 << 16]); // by thread
        _disk.OnRead = () =>
        {
            var read = Interlocked.Increment(ref reads) - 1 - WarmUp;
            if (read < 0) return;
            ref var begun = ref first[read / Rounds, Environment.CurrentManagedThreadId];
            if (begun == 0) begun = GC.GetAllocatedBytesForCurrentThread();
            last[read / Rounds, Environment.CurrentManagedThreadId] = GC.GetAllocatedBytesForCurrentThread();
        };
        _disk.ColdBefore = long.MaxValue;
        _disk.AllowAll();
        var client = host.Connect();
        for (var i = 0; i < Total; i++)
        {
            client.SendFrame([1]);
            client.ReceiveExactly(size);
            client.ReceiveFrame();
        }

        Assert.Equal(Total, reads);
        long[] allocated = [.. Enumerable.Range(0, Stretches).Select(stretch => Sum(last, stretch) - Sum(first, stretch))];
        Assert.All(Enumerable.Range(0, Stretches), stretch => Assert.True(Sum(last, stretch) > 0));
        Assert.Equal(0, allocated.Min()); // the other stretches may hold what a busy machine adds

        static long Sum(long[,] bytes, int stretch) => Enumerable.Range(0, bytes.GetLength(1)).Sum(thread => bytes[stretch, thread]);
    }

    private ScratchLog Fill(string read, int bytes = LogBytes)
    {
        var log = new ScratchLog(strategies: StorageStrategies.Create(flush: "os-cache", read: read), calls: _disk);
        var offset = 0L;
        while (log.Log.SizeBytes < bytes)
        {
            log.Append(Batches.Make(offset, 30, 1000)); // so few batches that finding one touches no file
            offset += 30;
        }

        return log;
    }

    private static Host Open(string transport, ScratchLog log) => Open(transport, log, out _);

    /// <summary>A request that begins with 1 is answered with the whole log before it comes back, others just come back.</summary>
    private static Host Open(string transport, ScratchLog log, out ConcurrentBag<FrameHandler> handlers)
    {
        var made = handlers = [];
        return new Host(transport, connection =>
        {
            var handler = new FrameHandler(connection, (c, body) =>
            {
                if (body[0] == 1)
                {
                    Assert.True(log.Log.TryRead(0, long.MaxValue, int.MaxValue, true, out var slice));
                    c.Send(slice, more: true);
                }

                c.SendFrame(body);
            });
            made.Add(handler);
            return handler;
        });
    }

    /// <summary>As if some of it had just been read from the disk.</summary>
    private static void NoteReading(ScratchLog log)
    {
        Assert.True(log.Log.TryRead(0, long.MaxValue, int.MaxValue, true, out var slice));
        slice.NoteUsed(0);
        slice.Release();
    }

    private static byte[] Content(ScratchLog log) => File.ReadAllBytes(log.Files("*.log").Single())[..(int)log.Log.SizeBytes];

    private static bool HasOpenSegment(ScratchLog log)
    {
        foreach (var link in Directory.GetFiles("/proc/self/fd"))
        {
            try
            {
                var path = File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName ?? "";
                if (path.StartsWith(log.Path, StringComparison.Ordinal) && path.Contains(".log", StringComparison.Ordinal)) return true;
            }
            catch (IOException)
            {
                // Closed meanwhile.
            }
        }

        return false;
    }
}
