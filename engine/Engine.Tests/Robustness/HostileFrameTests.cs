using System.Buffers.Binary;
using System.Net.Sockets;
using Engine.Core;
using Engine.Protocol.Wire;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;
using Engine.Tests.Protocol.Messages;

namespace Engine.Tests.Robustness;

public sealed class HostileFramesOnEpollTests(HostileFramesOnEpollTests.Node node) : HostileFrameTests(node), IClassFixture<HostileFramesOnEpollTests.Node>
{
    public sealed class Node() : Target("epoll");
}

public sealed class HostileFramesOnThreadsTests(HostileFramesOnThreadsTests.Node node) : HostileFrameTests(node), IClassFixture<HostileFramesOnThreadsTests.Node>
{
    public sealed class Node() : Target("threads");
}

/// <summary>Bytes that are no requests: each costs its connection at most, never the node or its memory.</summary>
public abstract class HostileFrameTests(HostileFrameTests.Target target)
{
    private const long MaxGrowthBytes = 32 << 20; // a third of one frame that is believed; the compiler and the collector take some as they go

    private readonly BrokerProcess _node = target.Cluster.Node(1);

    [Theory]
    [InlineData(0x7fffffff, false)]
    [InlineData(0x7fffffff, true)]
    [InlineData(-1, false)]
    [InlineData(int.MinValue, false)]
    [InlineData(100 * 1024 * 1024 + 1, false)]
    public void FrameLength_BeyondTheLimit_ClosesAndTakesNoMemory(int length, bool asABroker)
    {
        var before = _node.ResidentBytes;
        for (var i = 0; i < 20; i++)
        {
            using var client = Connect(asABroker);
            client.Send(Prefix(length));
            client.AssertClosed();
        }

        AssertGrewLittle(before);
        target.AssertServes();
    }

    [Fact]
    public void FrameLength_AllowedButNothingFollows_TakesNoMemory()
    {
        var before = _node.ResidentBytes;
        var clients = Enumerable.Range(0, 20).Select(_ => Connect()).ToList();
        foreach (var client in clients)
        {
            client.Send(Prefix(100 * 1024 * 1024));
            client.Send(new byte[100]);
        }

        target.AssertServes();
        AssertGrewLittle(before);
        clients.ForEach(client => client.Dispose());
        target.AssertServes();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void FrameLength_TooShortForAHeader_Closes(int length)
    {
        using var client = Connect();
        client.Send([.. Prefix(length), .. new byte[length]]);
        client.AssertClosed();
        target.AssertServes();
    }

    [Fact]
    public void Frame_CutAtEveryByteAndEnded_IsForgotten()
    {
        var frame = RawRequests.ProduceFrame(1, Target.Topic, 0, RecordBatch.Of("never whole"));
        using var reader = Connect();
        var before = reader.ReadAll(Target.Topic).Count;
        for (var length = 0; length < frame.Length; length++)
        {
            using var client = Connect();
            client.Send(frame.AsSpan(0, length));
            client.EndSending();
            client.AssertClosed();
        }

        Assert.Equal(before, reader.ReadAll(Target.Topic).Count);
        target.AssertServes();
    }

    [Fact]
    public void Frame_ArrivesByteByByte_IsAnswered()
    {
        using var client = Connect();
        foreach (var octet in RawRequests.ProduceFrame(1, Target.Topic, 0, RecordBatch.Of("slowly"))) client.Send([octet]);
        Assert.Equal(ErrorCode.None, client.ReceiveProduced(1).Error);
    }

    [Fact]
    public void Frame_BodyShorterThanItsFieldsSay_Closes()
    {
        var frame = RawRequests.ProduceFrame(1, Target.Topic, 0, RecordBatch.Of("cut"));
        using var client = Connect();
        client.Send([.. Prefix(frame.Length - Frame.PrefixBytes - 20), .. frame[Frame.PrefixBytes..^20]]);
        client.AssertClosed();
        target.AssertServes();
    }

    [Theory]
    [InlineData(1000, false)]
    [InlineData(200, true)]
    public void Garbage_OnManyConnections_LeavesTheNodeServing(int connections, bool asABroker)
    {
        var random = new Random(connections);
        for (var i = 0; i < connections; i++)
        {
            var garbage = new byte[random.Next(1, 300)];
            random.NextBytes(garbage);
            // Half of it gets past the length check, to be taken for a request.
            if (i % 2 == 0 && garbage.Length > Frame.PrefixBytes) BinaryPrimitives.WriteInt32BigEndian(garbage, garbage.Length - Frame.PrefixBytes);
            using var client = Connect(asABroker);
            client.Send(garbage);
        }

        target.AssertServes();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void MutatedRequests_ThousandsOnAFewConnections_LeaveTheNodeServing(int seed)
    {
        const int frames = 5000;
        var random = new Random(seed);
        var samples = Samples();
        var (answered, closed) = (0, 0);
        var client = Connect();
        for (var i = 0; i < frames; i++)
        {
            var frame = (byte[])samples[random.Next(samples.Length)].Clone();
            for (var flips = random.Next(1, 4); flips > 0; flips--) Mutate(frame, random);
            if (TryAnswer(client, frame))
            {
                answered++;
                continue;
            }

            closed++;
            client.Dispose();
            client = Connect();
        }

        client.Dispose();
        Assert.True(answered > frames / 10 && closed > frames / 10, $"{answered} answered, {closed} closed: not hostile enough, or too much so");
        target.AssertServes();
    }

    /// <summary>Sends a frame and a sound request after it; whether the latter is answered, else the connection is of no more use.</summary>
    private static bool TryAnswer(RawClient client, byte[] frame)
    {
        const int fence = 0x7e7e7e7e;
        // A mutated fetch may ask to wait for days: nobody owes it an answer sooner. All else is answered or closed, if not soon.
        var isFetch = BinaryPrimitives.ReadInt16BigEndian(frame.AsSpan(Frame.PrefixBytes)) == (short)ApiKey.Fetch;
        var patienceMs = isFetch ? 50 : 60_000;
        try
        {
            client.Send(frame);
            client.Send([0, 0, 0, 10, 0, (byte)ApiKey.ApiVersions, 0, 0, 0x7e, 0x7e, 0x7e, 0x7e, 0, 0]);
            while (client.WaitForAnswer(patienceMs))
                if (BinaryPrimitives.ReadInt32BigEndian(client.Receive()) == fence) return true;
            Assert.True(isFetch, $"neither answered nor closed: {Convert.ToHexString(frame)}");
        }
        catch (Exception error) when (error is EndOfStreamException or SocketException)
        {
            // Closed, as it may be.
        }

        return false;
    }

    /// <summary>A sound request of every kind in every version.</summary>
    private static byte[][] Samples() =>
    [
        .. MessageCase.AllVersions(MessageCase.Cold, MessageCase.Hot).Select(row => row.ToArray() switch
        {
            [ApiKey api, "request", short version] => RawClient.Request(
                api, version, 1, MessageCase.Find(api, "request").Write(version), static (body, ref writer, _) => writer.WriteRaw(body)),
            _ => [],
        }).Where(frame => frame.Length > 0),
    ];

    private static void Mutate(byte[] frame, Random random)
    {
        // Behind the length prefix: with another length the frames after it would be out of step, which other tests do.
        var at = random.Next(Frame.PrefixBytes, frame.Length);
        frame[at] = random.Next(3) switch
        {
            0 => (byte)(frame[at] ^ (1 << random.Next(8))),
            1 => (byte)random.Next(256),
            _ => random.Next(2) == 0 ? (byte)0xff : (byte)0x7f,
        };
    }

    private static byte[] Prefix(int length)
    {
        var prefix = new byte[Frame.PrefixBytes];
        BinaryPrimitives.WriteInt32BigEndian(prefix, length);
        return prefix;
    }

    private RawClient Connect(bool asABroker = false) => new(asABroker ? _node.InterBrokerEndpoint : _node.ClientEndpoint);

    private void AssertGrewLittle(long before)
    {
        var growth = _node.ResidentBytes - before;
        Assert.True(growth < MaxGrowthBytes, $"the node grew by {growth} bytes");
    }

    /// <summary>A node that is only ever abused, and that makes no topics because somebody names them.</summary>
    public abstract class Target : IDisposable
    {
        internal const string Topic = "target";

        protected Target(string network)
        {
            Cluster = new(1, "--network", network, "--set", "auto.create.topics.enable=false");
            Cluster.CreateTopic(Topic);
            AssertServes(); // warm, so that what memory it needs to serve is not held against it later
        }

        internal BrokerCluster Cluster { get; }

        /// <summary>A plain request on a new connection is answered: a record goes in and comes back.</summary>
        internal void AssertServes()
        {
            using var client = Cluster.Connect();
            Assert.Equal(ErrorCode.None, client.ApiVersions().Error);
            var value = Guid.NewGuid().ToString();
            var produced = client.Produce(Topic, 0, RecordBatch.Of(value));
            Assert.Equal(ErrorCode.None, produced.Error);
            Assert.Equal(value, StoredRecords.In(client.Fetch(Topic, 0, produced.BaseOffset).Records).First().Value);
        }

        public void Dispose()
        {
            GC.SuppressFinalize(this);
            Cluster.Dispose();
        }
    }
}
