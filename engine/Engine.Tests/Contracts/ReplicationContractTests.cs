using System.Net;
using Engine.Broker;
using Engine.Broker.Replication;
using Engine.Core;
using Engine.Core.Acks;
using Engine.Core.Partitions;
using Engine.Protocol.Records;
using Engine.Tests.Broker;
using Engine.Tests.Broker.Network;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Storage;

namespace Engine.Tests.Contracts;

/// <summary>What every replication strategy does, between a leader and a follower in this process over a real connection.</summary>
public sealed class ReplicationContractTests : IDisposable
{
    private const int Leader = 1;
    private const int Follower = 2;
    private const int BrokerEpoch = 7;

    private readonly SlowDisk _disk = new();
    private readonly List<IDisposable> _open = [];

    /// <summary>Every registered strategy, and ways to make them stumble over their limits.</summary>
    public static TheoryData<string> Strategies =>
    [
        .. Replications.Catalog.Strategies.Select(strategy => strategy.Name),
        "pull(partitionMaxBytes=1KiB)",
        "push(window=1KiB, frame=1KiB, frames=1)",
        "push(window=64KiB, frame=1KiB, beat=10ms)",
    ];

    public void Dispose()
    {
        _disk.AllowAll();
        for (var i = _open.Count - 1; i >= 0; i--) _open[i].Dispose();
        _disk.Dispose();
    }

    [Theory, MemberData(nameof(Strategies))]
    public void Follower_OfALogThatIsThereAndGrows_HoldsTheSameBytes(string text)
    {
        var (leader, follower) = Pair();
        Produce(leader, Batches.Series(0, 300));
        Follow(text, leader, follower);
        WaitUntilLevel(leader, follower);

        foreach (var batch in Batches.Series(0, 300)) Produce(leader, [batch]);
        WaitUntilLevel(leader, follower);
    }

    [Theory, MemberData(nameof(Strategies))]
    public void Follower_WithATailThatTheLeaderNeverHad_CutsItByEpoch(string text)
    {
        var (leader, follower) = Pair();
        Produce(leader, Batches.Series(0, 20));
        Assert.True(follower.Partition.ReplicaAppend(follower.Partition.Position(), BytesOf(leader), leaderHighWatermark: 0));
        var common = leader.Partition.Log.EndOffset;
        // What an earlier leader wrote in the same epoch to this follower alone.
        var tail = Batches.Series(common, 7, 9);
        Assert.True(follower.Partition.ReplicaAppend(follower.Partition.Position(), tail.SelectMany(batch => batch).ToArray(), leaderHighWatermark: 0));
        Assert.True(follower.Partition.Log.EndOffset > common);

        Lead(leader, follower, epoch: 1);
        Produce(leader, Batches.Series(0, 3));
        Follow(text, leader, follower);
        WaitUntilLevel(leader, follower);
    }

    [Theory, MemberData(nameof(Strategies))]
    public void Follower_LeaderGoesOnInANewEpoch_GoesOnToo(string text)
    {
        var (leader, follower) = Pair();
        Follow(text, leader, follower);
        for (var epoch = 1; epoch < 5; epoch++)
        {
            Produce(leader, Batches.Series(0, 20));
            Lead(leader, follower, epoch);
            Produce(leader, Batches.Series(0, 20));
            WaitUntilLevel(leader, follower);
        }
    }

    [Theory, MemberData(nameof(Strategies))]
    public void Follower_LeaderHasDeletedWhatComesNext_StartsOverWhereItsLogStarts(string text)
    {
        var (leader, follower) = Pair();
        leader.Partition.Update(new PartitionAssignment(Leader, 0, PartitionEpoch: 1, [1, 2], [1]));
        Produce(leader, Batches.Series(0, 50));
        var (error, start) = leader.Partition.DeleteRecords(leader.Partition.Log.EndOffset);
        Assert.Equal((ErrorCode.None, leader.Partition.Log.EndOffset), (error, start));

        Follow(text, leader, follower);
        Produce(leader, Batches.Series(0, 10));
        Until.True(() => follower.Partition.Log.EndOffset == leader.Partition.Log.EndOffset, "the follower is level");
        Assert.Equal(start, follower.Partition.Log.StartOffset);
        Assert.Equal(BytesOf(leader), BytesOf(follower));
    }

    [Theory, MemberData(nameof(Strategies))]
    public void Follower_ConnectionLostAndLeaderElsewhere_GoesOn(string text)
    {
        var (leader, follower) = Pair();
        var replication = Follow(text, leader, follower);
        Produce(leader, Batches.Series(0, 30));
        WaitUntilLevel(leader, follower);

        for (var i = 0; i < 3; i++)
        {
            var host = _open.OfType<Host>().Last();
            _open.Remove(host);
            host.Dispose();
            Produce(leader, Batches.Series(0, 30));
            replication.Follow([Followed(Serve(leader), follower)]);
            Produce(leader, Batches.Series(0, 30));
            WaitUntilLevel(leader, follower);
        }
    }

    [Theory, MemberData(nameof(Strategies))]
    public void Follower_FarBehindAColdLog_HoldsUpNobodyElse(string text)
    {
        var (leader, follower) = Pair(calls: _disk);
        Produce(leader, Batches.Series(0, 1500));
        _disk.ColdBefore = leader.Partition.Log.SizeBytes - 10_000;
        Follow(text, leader, follower);
        _disk.AwaitReader();
        Produce(leader, Batches.Series(0, 20)); // on this thread, which would wait for the disk if sending did
        Assert.True(follower.Partition.Log.EndOffset < leader.Partition.Log.EndOffset);

        _disk.AllowAll();
        WaitUntilLevel(leader, follower);
    }

    [Theory, MemberData(nameof(Strategies))]
    public void Follower_ThatFlushesForAcks_LetsDurableAcksBeAnswered(string text)
    {
        var (leader, follower) = Pair(acks: "durable");
        Follow(text, leader, follower);
        var durable = AckRules.Catalog.Create("durable").Instance;
        foreach (var batch in Batches.Series(0, 30))
        {
            var outcome = leader.Partition.Produce(batch, durable);
            Assert.Equal(ErrorCode.None, outcome.Error);
            Until.True(() => leader.Partition.Answer(durable, outcome) == ErrorCode.None, "acknowledged");
            Assert.True(follower.Partition.Log.FlushedOffset >= outcome.EndOffset && leader.Partition.Log.FlushedOffset >= outcome.EndOffset);
        }
    }

    [Theory, MemberData(nameof(Strategies))]
    public void Follower_ThatHearsOfATopicBeforeItsLeader_FollowsOnceThatKnowsIt(string text)
    {
        var (leader, follower) = Pair();
        leader.Table.Change(topics => topics.Clear());
        Follow(text, leader, follower);
        Produce(leader, Batches.Series(0, 10));
        leader.Table.Change(topics => topics.Add(InProcessBroker.Topic, [leader.Partition]));
        WaitUntilLevel(leader, follower);
    }

    private (InProcessBroker Leader, InProcessBroker Follower) Pair(string acks = "all", Engine.Storage.Native.FileCalls? calls = null)
    {
        var leader = Open(new InProcessBroker([1, 2], acks: acks, calls: calls) { ReplicaEpoch = BrokerEpoch });
        // A node of its own that calls itself 1 as well; its leader is the other one of its assignment.
        return (leader, Open(new InProcessBroker([2, 1], leader: 2, acks: acks)));
    }

    private static void Lead(InProcessBroker leader, InProcessBroker follower, int epoch)
    {
        leader.Partition.Update(new PartitionAssignment(Leader, epoch, epoch, [1, 2], [1, 2]));
        follower.Partition.Update(new PartitionAssignment(2, epoch, epoch, [2, 1], [2, 1]));
    }

    private IReplication Follow(string text, InProcessBroker leader, InProcessBroker follower)
    {
        var host = Serve(leader);
        var replication = Open(Replications.Catalog.Create(text).Instance(Follower));
        replication.Follow([Followed(host, follower)]);
        return replication;
    }

    private Host Serve(InProcessBroker leader) =>
        Open(new Host("epoll", wire => new Connection(wire, leader.Dispatch, ListenerKind.InterBroker, maxFrameBytes: 1 << 20)));

    private static Followed Followed(Host host, InProcessBroker follower) =>
        new(follower.Partition, BrokerEpoch, Leader, IPAddress.Loopback.ToString(), host.Listener.Endpoint.Port);

    private static void Produce(InProcessBroker leader, List<byte[]> batches)
    {
        foreach (var batch in batches) Assert.Equal(ErrorCode.None, leader.Partition.Produce(batch.ToArray(), AckRules.Leader).Error);
    }

    private static void WaitUntilLevel(InProcessBroker leader, InProcessBroker follower)
    {
        var end = leader.Partition.Log.EndOffset;
        Until.True(
            () => follower.Partition.State.HighWatermark == end,
            () => $"the follower has heard that all is committed: ends at {follower.Partition.Log.EndOffset}, committed {follower.Partition.State.HighWatermark}, "
                + $"leader ends at {end}, committed {leader.Partition.State.HighWatermark}");
        Assert.Equal((end, end), (leader.Partition.State.HighWatermark, follower.Partition.Log.EndOffset));
        Assert.Equal(BytesOf(leader), BytesOf(follower));
    }

    private static byte[] BytesOf(InProcessBroker broker)
    {
        var (log, all) = (broker.Partition.Log, new List<byte>());
        for (var next = log.StartOffset; next < log.EndOffset;)
        {
            Assert.True(log.TryRead(next, long.MaxValue, int.MaxValue, true, out var slice));
            var bytes = ScratchLog.Take(slice);
            all.AddRange(bytes);
            foreach (var batch in new BatchReader(bytes)) next = new BatchHeader(batch).NextOffset;
        }

        return [.. all];
    }

    private T Open<T>(T part)
        where T : IDisposable
    {
        _open.Add(part);
        return part;
    }
}
