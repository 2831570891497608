using Engine.Broker;
using Engine.Broker.Metadata;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Broker.Metadata;

public sealed class ControllerSeatTests : IDisposable
{
    // So long that a busy machine is taken for a dead one only where a test is about just that.
    private static readonly SessionTimes Patient = new(TimeSpan.FromHours(1), TimeSpan.FromMilliseconds(20));

    private static readonly SessionTimes Impatient = new(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(20));

    // Beats once, at its start, as a process does that is stopped then.
    private static readonly SessionTimes Stopped = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromDays(1));

    private readonly ClusterFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Look_FreeSeat_IsTakenByTheFirst()
    {
        using var one = new Node(_folder, 1, Patient);
        using var two = new Node(_folder, 2, Patient);
        one.Seat.Look();
        two.Seat.Look();
        one.Seat.Look();

        Assert.True(one.Seat.IsHeld);
        Assert.False(two.Seat.IsHeld);
    }

    [Fact]
    public void Look_HolderIsGone_IsTakenByAnother()
    {
        using var two = new Node(_folder, 2, Patient);
        using (var one = new Node(_folder, 1, Patient)) one.Seat.Look();
        two.Seat.Look();

        Assert.True(two.Seat.IsHeld);
    }

    [Fact]
    public void Look_HolderIsSilent_IsPassedOverAndLeavesWhenItLooks()
    {
        using var one = new Node(_folder, 1, Stopped);
        one.Seat.Look();
        Assert.True(one.Seat.IsHeld);

        using var two = new Node(_folder, 2, Impatient);
        Until.True(() => { two.Seat.Look(); return two.Seat.IsHeld; }, "the silent one is passed over");
        Assert.False(one.Heartbeat.Session.HoldsAt(MonotonicClock.Now), "by then it knows by itself that it counts for nothing");

        one.Seat.Look();
        Assert.False(one.Seat.IsHeld);
        Assert.True(two.Seat.IsHeld);
    }

    [Fact]
    public void Look_WhoLooksWasSilentItself_PassesNobodyOver()
    {
        using var one = new Node(_folder, 1, Stopped);
        one.Seat.Look();
        using var two = new Node(_folder, 2, Stopped);
        foreach (var node in new[] { one, two }) Until.True(() => !node.Heartbeat.Session.HoldsAt(MonotonicClock.Now), "its session is over");

        two.Seat.Look();
        Assert.False(two.Seat.IsHeld);
    }

    [Fact]
    public async Task Look_ManyAtOnce_SeatsOneAtATime()
    {
        var nodes = Enumerable.Range(1, 6).Select(id => new Node(_folder, id, Patient)).ToList();
        var holders = 0;
        var (most, terms) = (0, 0);
        await Task.WhenAll(nodes.Select(node => Task.Run(() =>
        {
            for (var served = 0; served < 20;)
            {
                node.Seat.Look();
                if (!node.Seat.IsHeld) continue;
                var now = Interlocked.Increment(ref holders);
                if (now > 1) Volatile.Write(ref most, now);
                Interlocked.Increment(ref terms);
                served++;
                Interlocked.Decrement(ref holders);
                node.Seat.Dispose();
            }
        })));
        nodes.ForEach(node => node.Dispose());

        Assert.Equal((0, 120), (most, terms));
    }

    private sealed class Node : IDisposable
    {
        private readonly FileLock _lock;
        private readonly NeighbourNodes _neighbours;

        public Node(ClusterFolder folder, int id, SessionTimes times)
        {
            _lock = FileLock.TryTake(NeighbourNodes.LockPath(folder.PathOf(""), id), TimeSpan.Zero)!;
            Heartbeat = new Heartbeat(times, () => { });
            _lock.Describe(NeighbourNodes.Describe(Heartbeat));
            _neighbours = new NeighbourNodes(folder.PathOf(""), times, Heartbeat);
            Seat = new ControllerSeat(folder.PathOf(""), id, _neighbours);
        }

        public Heartbeat Heartbeat { get; }

        public ControllerSeat Seat { get; }

        public void Dispose()
        {
            Seat.Dispose();
            _neighbours.Dispose();
            _lock.Dispose();
            Heartbeat.Dispose();
        }
    }
}
