using System.Net.Sockets;
using Engine.Broker.Network;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Broker.Network;

[Collection(nameof(Alone))] // counts the descriptors of the whole process
public sealed class LifecycleTests
{
    public static TheoryData<string> AllTransports => Host.AllTransports;

    [Theory, MemberData(nameof(AllTransports))]
    public void Connections_OpenedAndClosed_LeaveNoDescriptorBehind(string transport)
    {
        var handlers = new List<FrameHandler>();
        using var host = new Host(transport, connection => Keep(handlers, new(connection, (c, body) => c.SendFrame(body))));
        RoundTrips(host, handlers, 5);
        var before = Descriptors();

        RoundTrips(host, handlers, 200);

        AssertNoMoreThan(before);
        Assert.Equal(205, handlers.Count);
        Assert.All(handlers, handler => Assert.Equal(1, handler.ClosedCalls));
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void Dispose_WithOpenConnections_EndsThemAllAndLeavesNoDescriptorBehind(string transport)
    {
        using (var warm = new Host(transport, connection => new FrameHandler(connection, (_, _) => { }))) warm.Connect();
        var before = Descriptors();
        var handlers = new List<FrameHandler>();
        var host = new Host(transport, connection => Keep(handlers, new(connection, (c, body) => c.SendFrame(body))));
        var clients = Enumerable.Range(0, 20).Select(_ => host.Connect()).ToArray();
        foreach (var client in clients)
        {
            client.SendFrame([1]);
            client.ReceiveFrame();
        }

        host.Transport.Dispose();

        Assert.All(handlers, handler => Assert.Equal(1, handler.ClosedCalls)); // already, not soon
        Assert.All(clients, client => Assert.Equal(0, client.Receive(new byte[1])));
        host.Dispose();
        AssertNoMoreThan(before);
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void Handler_ThatThrows_LosesItsOwnConnectionOnly(string transport)
    {
        using var host = new Host(transport, connection => new FrameHandler(connection, (c, body) =>
        {
            if (body[0] == 13) throw new InvalidDataException("thirteen");
            c.SendFrame(body);
        }));
        var (good, bad) = (host.Connect(), host.Connect());

        bad.SendFrame([13]);

        Assert.Equal(0, Ended(bad));
        Assert.True(host.Failures.TryTake(out var failure, Host.Patience));
        Assert.Equal("thirteen", failure.Message);
        good.SendFrame([1, 2]);
        Assert.Equal([1, 2], good.ReceiveFrame());
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void Handler_ThatCannotBeMade_LosesItsOwnConnectionOnly(string transport)
    {
        var made = 0;
        using var host = new Host(transport, connection =>
            made++ == 0 ? throw new InvalidOperationException("not you") : new FrameHandler(connection, (c, body) => c.SendFrame(body)));
        var bad = host.Connect();

        Assert.Equal(0, Ended(bad));
        Assert.True(host.Failures.TryTake(out var failure, Host.Patience));
        Assert.Equal("not you", failure.Message);
        var good = host.Connect();
        good.SendFrame([1, 2]);
        Assert.Equal([1, 2], good.ReceiveFrame());
    }

    [Theory, MemberData(nameof(AllTransports))]
    public async Task Close_FromManyThreads_IsToldOnce(string transport)
    {
        var made = new TaskCompletionSource<(ITransportConnection, FrameHandler)>();
        using var host = new Host(transport, connection =>
        {
            var handler = new FrameHandler(connection, (_, _) => { });
            made.SetResult((connection, handler));
            return handler;
        });
        var client = host.Connect();
        var (connection, handler) = await made.Task.WaitAsync(Host.Patience);

        Parallel.For(0, 8, _ => connection.Close());

        Assert.True(handler.HasClosed.Wait(Host.Patience));
        Assert.Equal(0, Ended(client));
        connection.Close();
        connection.Pause();
        connection.Resume();
        host.Transport.Dispose();
        Assert.Equal(1, handler.ClosedCalls);
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void Close_BeforeTheHandlerExists_IsToldOnce(string transport)
    {
        var handlers = new List<FrameHandler>();
        using var host = new Host(transport, connection =>
        {
            connection.SendFrame([9]);
            connection.Close();
            return Keep(handlers, new(connection, (_, _) => { }));
        });
        host.Connect().Receive(new byte[100]);

        Until.True(() => handlers is [{ HasClosed.IsSet: true }], "the handler is told");
        host.Transport.Dispose();
        Assert.Equal(1, handlers[0].ClosedCalls);
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void Listen_OnAPortInUse_SaysSo(string transport)
    {
        using var host = new Host(transport, connection => new FrameHandler(connection, (_, _) => { }));

        var refusal = Assert.Throws<SocketException>(() =>
            host.Transport.Listen(host.Listener.Endpoint, connection => new FrameHandler(connection, (_, _) => { }), "second"));

        Assert.Equal(SocketError.AddressAlreadyInUse, refusal.SocketErrorCode);
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void Listen_AfterARestart_NeedNotWaitForOldConnections(string transport)
    {
        var first = new Host(transport, connection => new FrameHandler(connection, (c, body) => c.SendFrame(body)));
        var endpoint = first.Listener.Endpoint;
        var client = first.Connect();
        client.SendFrame([1]);
        client.ReceiveFrame();
        first.Transport.Dispose(); // our side closes first, so the port is in TIME_WAIT
        first.Dispose();

        using var second = Transports.Catalog.Create(transport).Instance;
        using var listener = second.Listen(endpoint, connection => new FrameHandler(connection, (_, _) => { }), "second");
        Assert.Equal(endpoint, listener.Endpoint);
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void Listener_Disposed_RefusesNewConnectionsAndKeepsTheOld(string transport)
    {
        using var host = new Host(transport, connection => new FrameHandler(connection, (c, body) => c.SendFrame(body)));
        var old = host.Connect();
        old.SendFrame([1]);
        old.ReceiveFrame();

        host.Listener.Dispose();

        Assert.Throws<SocketException>(() => host.Connect());
        old.SendFrame([2]);
        Assert.Equal([2], old.ReceiveFrame());
    }

    /// <summary>Sockets, epolls and eventfds that the process has open. Its files come and go with the assemblies it loads.</summary>
    private static HashSet<string> Descriptors() =>
    [
        .. from path in Directory.EnumerateFiles("/proc/self/fd")
           let name = new FileInfo(path).LinkTarget ?? ""
           where name.StartsWith("socket:", StringComparison.Ordinal) || name.StartsWith("anon_inode:[event", StringComparison.Ordinal)
           select $"{Path.GetFileName(path)} {name}",
    ];

    /// <summary>Fewer is fine: what earlier tests left to the collector may go at any time. A transport closes a socket after it has told so.</summary>
    private static void AssertNoMoreThan(HashSet<string> before) =>
        Until.True(() => Descriptors().IsSubsetOf(before), () => $"closed: {string.Join(", ", Descriptors().Except(before))}");

    private static FrameHandler Keep(List<FrameHandler> handlers, FrameHandler handler)
    {
        handlers.Add(handler);
        return handler;
    }

    private static void RoundTrips(Host host, List<FrameHandler> handlers, int count)
    {
        for (var i = 0; i < count; i++)
        {
            using var client = host.Connect();
            client.SendFrame([1, 2, 3]);
            client.ReceiveFrame();
        }

        foreach (var handler in handlers) Assert.True(handler.HasClosed.Wait(Host.Patience));
    }

    /// <summary>0 when the other side has ended the connection, in whichever way.</summary>
    private static int Ended(Socket client)
    {
        try
        {
            return client.Receive(new byte[1]);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return 0;
        }
    }
}

/// <summary>Tests that look at the whole process run while no others do.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
