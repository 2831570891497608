using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using Engine.Broker.Network;
using Engine.Core.Memory;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Broker.Network;

public sealed class SendTests : IDisposable
{
    private const int FileBytes = 8 << 20;

    private readonly Owners _owners = new(FileBytes);

    public static TheoryData<string> AllTransports => Host.AllTransports;

    /// <summary>Transport; whether the bytes are a file range; whether a thread other than the connection's sends them.</summary>
    public static TheoryData<string, bool, bool> Ways
    {
        get
        {
            var ways = new TheoryData<string, bool, bool>();
            foreach (var transport in Host.TransportTexts)
                foreach (var fromFile in new[] { true, false })
                    foreach (var elsewhere in new[] { true, false })
                        ways.Add(transport, fromFile, elsewhere);
            return ways;
        }
    }

    public void Dispose() => _owners.Dispose();

    [Theory, MemberData(nameof(Ways))]
    public async Task Slice_ToAReceiverThatStalls_ArrivesIdenticalWithItsNeighbours(string transport, bool fromFile, bool elsewhere)
    {
        const int Position = 4097, Length = FileBytes - 5000;
        using var host = new Host(transport, connection => new FrameHandler(connection, (c, body) =>
        {
            var request = body.ToArray();
            if (elsewhere) Task.Run(() => Answer(c, request));
            else Answer(c, request);
        }));
        var client = host.Connect(receiveBufferBytes: 16 << 10);

        void Answer(ITransportConnection connection, byte[] request)
        {
            connection.BeginSend();
            connection.Send(Frames.BlockOf(request), 4 + request.Length, more: true);
            connection.Send(fromFile ? _owners.File(Position, Length) : _owners.Memory(Position, Length), more: true);
            connection.Send(Frames.BlockOf([7, 7, 7]), 7, more: false);
            connection.EndSend();
        }

        for (var round = 0; round < 3; round++)
        {
            client.SendFrame([1, 2, (byte)round]);
            Assert.Equal([1, 2, (byte)round], client.ReceiveFrame());
            await Task.Delay(20); // the socket is full by now, or the test tests less; either way the bytes must be right
            Assert.True(client.ReceiveExactly(Length).AsSpan().SequenceEqual(_owners.Content.AsSpan(Position, Length)));
            Assert.Equal([7, 7, 7], client.ReceiveFrame());
        }

        Until.True(() => _owners.AllReleasedOnce, "every slice is released");
        Assert.Equal(3, _owners.Count);
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void Messages_FromSeveralThreads_StayWholeAndInTheirOrder(string transport)
    {
        const int Threads = 4, Messages = 300;
        using var connections = new BlockingCollection<ITransportConnection>();
        using var host = new Host(transport, connection =>
        {
            connections.Add(connection);
            return new FrameHandler(connection, (_, _) => { });
        });
        var client = host.Connect(receiveBufferBytes: 64 << 10);
        var connection = connections.Take();

        var threads = Enumerable.Range(0, Threads).Select(id => new Thread(() =>
        {
            for (var i = 0; i < Messages; i++) SendMessage(connection, id, i);
        })).ToArray();
        foreach (var thread in threads) thread.Start();

        var next = new int[Threads];
        for (var i = 0; i < Threads * Messages; i++)
        {
            var header = client.ReceiveExactly(12);
            var (id, number, length) = (Int(header, 0), Int(header, 4), Int(header, 8));
            Assert.Equal(next[id]++, number);
            Assert.True(client.ReceiveExactly(length).AsSpan().SequenceEqual(_owners.Content.AsSpan(number, length)));
            Assert.Equal(id, Int(client.ReceiveExactly(4), 0));
        }

        foreach (var thread in threads) thread.Join();
        Until.True(() => _owners.AllReleasedOnce, "every slice is released");
        Until.True(() => connection.QueuedBytes == 0, "nothing counts as queued"); // counted after the bytes have gone
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void Slice_OfNoBytes_EndsItsMessageAndIsReleased(string transport)
    {
        using var host = new Host(transport, connection => new FrameHandler(connection, (c, _) =>
        {
            c.Send(Frames.BlockOf([5]), 5, more: true);
            c.Send(_owners.Memory(0, 0), more: false);
        }));
        var client = host.Connect();

        client.SendFrame([1]);

        Assert.Equal([5], client.ReceiveFrame());
        Until.True(() => _owners.AllReleasedOnce, "every slice is released");
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void FileRange_ThatEndsTooEarly_EndsTheConnection(string transport)
    {
        using var host = new Host(transport, connection => new FrameHandler(connection, (c, _) => c.Send(_owners.File(FileBytes - 10, 1000), more: false)));
        var client = host.Connect();

        client.SendFrame([1]);

        Assert.Equal(_owners.Content[^10..], client.ReceiveExactly(10));
        Assert.Equal(0, client.Receive(new byte[1]));
        Until.True(() => _owners.AllReleasedOnce, "every slice is released");
    }

    [Theory, MemberData(nameof(Ways))]
    public void Pieces_WhosePeerLeavesMidway_AreReleasedOnce(string transport, bool fromFile, bool elsewhere)
    {
        for (var round = 0; round < 10; round++)
        {
            FrameHandler? handler = null;
            ITransportConnection? connection = null;
            using var asked = new ManualResetEventSlim();
            using var host = new Host(transport, c =>
            {
                connection = c;
                return handler = new FrameHandler(c, (_, _) =>
                {
                    asked.Set();
                    if (!elsewhere) SendSome(c);
                });
            });
            var client = host.Connect(receiveBufferBytes: 16 << 10);
            client.SendFrame([1]);
            Assert.True(asked.Wait(Host.Patience));

            var sender = new Thread(() => SendSome(connection!));
            if (elsewhere) sender.Start();
            client.ReceiveExactly(1 + (round * 1000));
            client.LingerState = new LingerOption(enable: round % 2 == 0, seconds: 0); // every other time with a reset
            client.Dispose();

            if (elsewhere) sender.Join();
            Assert.True(handler!.HasClosed.Wait(Host.Patience));
            SendSome(connection!); // to a connection that is no more
            Until.True(() => _owners.AllReleasedOnce, "every slice is released");
            Until.True(() => connection!.QueuedBytes == 0, "nothing counts as queued");
        }

        void SendSome(ITransportConnection connection)
        {
            for (var i = 0; i < 5; i++)
            {
                connection.SendFrame([1, 2, 3]); // a block given back twice throws
                connection.Send(fromFile ? _owners.File(i, 1 << 20) : _owners.Memory(i, 1 << 20), more: false);
            }
        }
    }

    [Theory, MemberData(nameof(AllTransports))]
    public void Send_ToConnectionsThatComeAndGo_NeverReachesAnotherOne(string transport)
    {
        var live = new ConcurrentDictionary<int, ITransportConnection>();
        var made = 0;
        using var stop = new CancellationTokenSource();
        using var host = new Host(transport, connection =>
        {
            var id = made++;
            live[id] = connection;
            connection.SendFrame(BitConverter.GetBytes(id));
            return new FrameHandler(connection, (c, _) => c.Close());
        });
        var senders = Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
                foreach (var (id, connection) in live) connection.SendFrame(BitConverter.GetBytes(id)); // also to those long closed
        })).ToArray();
        foreach (var sender in senders) sender.Start();

        for (var i = 0; i < 300; i++)
        {
            var client = host.Connect();
            var id = client.ReceiveFrame();
            for (var frames = 0; frames < 5; frames++) Assert.Equal(id, client.ReceiveFrame());
            if (i % 2 == 0) client.SendFrame([1]); // have it closed from there; otherwise from here
            client.Dispose();
            live.TryRemove(i - 10, out _);
        }

        stop.Cancel();
        foreach (var sender in senders) sender.Join();
        Assert.Empty(host.Failures);
    }

    private static int Int(byte[] bytes, int at) => BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at));

    /// <summary>Who, which and how long; a slice that begins at its number; who again.</summary>
    private void SendMessage(ITransportConnection connection, int id, int number)
    {
        var length = 1 + (number * 37 % 20_000);
        var header = BlockPool.Shared.Rent(12);
        BinaryPrimitives.WriteInt32BigEndian(header.Bytes, id);
        BinaryPrimitives.WriteInt32BigEndian(header.Bytes.AsSpan(4), number);
        BinaryPrimitives.WriteInt32BigEndian(header.Bytes.AsSpan(8), length);
        var trailer = BlockPool.Shared.Rent(4);
        BinaryPrimitives.WriteInt32BigEndian(trailer.Bytes, id);

        connection.BeginSend();
        connection.Send(header, 12, more: true);
        connection.Send(number % 2 == 0 ? _owners.File(number, length) : _owners.Memory(number, length), more: true);
        connection.Send(trailer, 4, more: false);
        connection.EndSend();
    }
}
