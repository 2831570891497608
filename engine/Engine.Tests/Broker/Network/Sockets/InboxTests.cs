using Engine.Broker.Network.Sockets;
using Engine.Core.Memory;

namespace Engine.Tests.Broker.Network.Sockets;

public sealed class InboxTests
{
    private readonly Inbox _inbox = new(new BlockPool());

    [Fact]
    public void Room_ForAFrameAnnouncedButNotSent_StaysWithinWhatIsTakenOnAPeersWord()
    {
        Fill(100, wanted: 0);

        Assert.InRange(_inbox.Room(100 << 20).Length, 1, 4 << 20);
    }

    [Fact]
    public void Room_AsAFrameArrives_GrowsUntilItIsWhole()
    {
        const int Frame = 50 << 20;
        while (_inbox.Pending.Length < Frame)
            Fill(Math.Min(_inbox.Room(Frame).Length, Frame - _inbox.Pending.Length), Frame);

        Assert.Equal(Frame, _inbox.Pending.Length);
        for (var i = 0; i < Frame; i += 4093) Assert.Equal((byte)i, _inbox.Pending[i]);
    }

    [Fact]
    public void Room_ForAFrameThatDoesNotFitBehindItsStart_KeepsWhatIsPending()
    {
        var all = _inbox.Room(0).Length;
        Fill(all, wanted: 0);
        _inbox.Consume(all - 5000);
        var pending = _inbox.Pending.ToArray();

        Assert.True(_inbox.Room(9000).Length >= 4000);

        Assert.Equal(pending, _inbox.Pending.ToArray());
    }

    [Fact]
    public void Consume_OfMoreThanIsPending_IsRefused()
    {
        Fill(10, wanted: 0);

        Assert.Throws<InvalidOperationException>(() => _inbox.Consume(11));
        Assert.Throws<InvalidOperationException>(() => _inbox.Consume(-1));
    }

    [Fact]
    public void Room_AfterFullReceives_GrowsAndAfterSmallOnes_Shrinks()
    {
        for (var i = 0; i < 5; i++) ReceiveAndConsume(int.MaxValue);
        Assert.Equal(256 << 10, _inbox.Room(0).Length);

        for (var i = 0; i < 10; i++) ReceiveAndConsume(100);
        Assert.Equal(4 << 10, _inbox.Room(0).Length);
    }

    private void ReceiveAndConsume(int atMost)
    {
        var bytes = Math.Min(_inbox.Room(0).Length, atMost);
        _inbox.Filled(bytes);
        _inbox.Consume(bytes);
        _inbox.GiveBackIfEmpty();
    }

    private void Fill(int bytes, int wanted)
    {
        var room = _inbox.Room(wanted);
        var at = _inbox.Pending.Length;
        for (var i = 0; i < bytes; i++) room[i] = (byte)(at + i);
        _inbox.Filled(bytes);
    }
}
