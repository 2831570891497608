using System.Collections.Concurrent;
using Engine.Broker.Network;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Broker.Network;

public sealed class BackPressureTests
{
    public static TheoryData<string> AllTransports => Host.AllTransports;

    [Theory, MemberData(nameof(AllTransports))]
    public async Task Pause_AfterEveryFrame_LosesAndRepeatsNothing(string transport)
    {
        const int FrameCount = 3000;
        using var paused = new BlockingCollection<ITransportConnection>();
        using var host = new Host(transport, connection =>
        {
            FrameHandler? handler = null;
            return handler = new FrameHandler(connection, (c, body) =>
            {
                c.SendFrame(body);
                c.Pause();
                paused.Add(c); // resumed from elsewhere: sometimes before this call is over, sometimes long after
                handler!.Stop();
            });
        });
        var client = host.Connect();
        var resuming = Task.Run(() =>
        {
            foreach (var connection in paused.GetConsumingEnumerable()) connection.Resume();
        });

        var sending = Task.Run(() =>
        {
            for (var i = 0; i < FrameCount; i++) client.SendFrame(Frames.Random(i, i % 700));
        });
        for (var i = 0; i < FrameCount; i++) Assert.Equal(Frames.Random(i, i % 700), client.ReceiveFrame());

        await sending;
        paused.CompleteAdding();
        await resuming;
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void Pause_UntilResumed_OffersNothing(string transport)
    {
        var offered = 0;
        ITransportConnection? first = null;
        using var host = new Host(transport, connection =>
        {
            if (Interlocked.CompareExchange(ref first, connection, null) is not null)
                return new FrameHandler(connection, (c, body) => c.SendFrame(body));

            FrameHandler? handler = null;
            return handler = new FrameHandler(connection, (c, body) =>
            {
                Interlocked.Increment(ref offered);
                c.SendFrame(body);
                c.Pause();
                handler!.Stop();
            });
        });
        var client = host.Connect();
        client.SendFrame([1]);
        Assert.Equal([1], client.ReceiveFrame());
        var other = host.Connect(); // only now, so that the other one is the first

        client.SendFrame([2]);
        client.SendFrame(new byte[1 << 20]);
        for (var i = 0; i < 50; i++) // 50 turns of a loop in which they could have been offered
        {
            other.SendFrame([9]);
            other.ReceiveFrame();
        }

        Assert.Equal(1, Volatile.Read(ref offered));
        first!.Resume();
        Assert.Equal([2], client.ReceiveFrame());
        first.Resume();
        Assert.Equal(1 << 20, client.ReceiveFrame().Length);
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void Pause_WhenThePeerIsReset_StillEndsTheConnection(string transport)
    {
        FrameHandler? handler = null;
        ITransportConnection connection = null!;
        using var host = new Host(transport, c =>
        {
            connection = c;
            return handler = new FrameHandler(c, (_, _) =>
            {
                c.Pause();
                c.SendFrame([1]);
            });
        });
        var client = host.Connect();
        client.SendFrame([1]);
        client.ReceiveFrame();

        client.LingerState = new(enable: true, seconds: 0);
        client.Dispose();

        connection.SendFrame([2]); // a transport may notice only when it touches the socket
        connection.SendFrame([3]);
        connection.Resume();
        Assert.True(handler!.HasClosed.Wait(Host.Patience));
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void Answers_ThatThePeerDoesNotTake_StopTheReadingOfRequests(string transport)
    {
        const int Requests = 60, AnswerBytes = 1 << 20;
        var handled = 0;
        var most = 0L;
        using var owners = new Owners(AnswerBytes);
        using var host = new Host(transport, connection => new FrameHandler(connection, (c, _) =>
        {
            Interlocked.Increment(ref handled);
            c.Send(owners.Memory(0, AnswerBytes), more: false);
            Volatile.Write(ref most, Math.Max(most, c.QueuedBytes));
        })
        { OneAtATime = true });
        var (client, other) = (host.Connect(receiveBufferBytes: 64 << 10), host.Connect());

        for (var i = 0; i < Requests; i++) client.SendFrame([1]);
        other.SendFrame([1]);
        other.ReceiveExactly(AnswerBytes); // the node lives on for others meanwhile
        Until.True(() => Volatile.Read(ref most) > 0, "answers queue up");

        for (var i = 0; i < Requests; i++)
            Assert.True(client.ReceiveExactly(AnswerBytes).AsSpan().SequenceEqual(owners.Content), $"answer {i}");
        Assert.Equal(Requests + 1, handled);
        Assert.InRange(most, 1, 18 << 20); // 16 MiB, and the answer that went past it
        Until.True(() => owners.AllReleasedOnce, "every slice is released");
    }
}
