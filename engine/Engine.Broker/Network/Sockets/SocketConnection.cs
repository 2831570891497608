using Engine.Storage;
using System.Net;
using Engine.Core.Memory;

namespace Engine.Broker.Network.Sockets;

/// <summary>What a connection is under every strategy: an inbox, a handler, an outbox, and a passage to the socket. The strategy decides who waits, and where.</summary>
/// <remarks>One thread, the connection's own, receives, calls the handler and ends the connection; every thread may send.</remarks>
internal abstract class SocketConnection(
    SocketHandle socket, Passage passage, EndPoint? remote, bool blocks, DiskThreads disk, Action<EndPoint?, Exception> report)
    : ITransportConnection, IDiskWork
{
    // Reading stops above this, until half of it has gone: a peer that asks and does not take the answers keeps only this much of us.
    private const long MostQueuedBytes = 16 << 20;

    private readonly Inbox _inbox = new(BlockPool.Shared);
    private readonly Passage _passage = passage;
    private readonly Outbox _outbox = new(socket, passage, blocks);
    private IConnectionHandler? _handler;
    private int _receivingThread;
    private volatile bool _paused;
    private volatile bool _choked;
    private volatile bool _closing;
    private int _offerAgain;

    public EndPoint? Remote => remote;

    public long QueuedBytes => _outbox.QueuedBytes;

    /// <summary>Whether the handler may hear of the peer, see <see cref="Passage.IsEstablished"/>.</summary>
    public bool IsEstablished => _passage.IsEstablished;

    protected SocketHandle Socket => socket;

    public bool IsClosing => _closing;

    /// <summary>Whether bytes may be received and offered now.</summary>
    protected bool MayReceive => !_paused && !_choked && !_closing;

    /// <summary>Whether queued bytes wait for <see cref="SendRest"/>.</summary>
    protected bool IsOutputBlocked => _outbox.IsBlocked;

    private IConnectionHandler Handler => _handler!;

    /// <summary>Makes the handler, before the connection's thread first sees the connection.</summary>
    /// <returns>False when it could not be made: the connection is ended.</returns>
    public bool TryAttach(Func<ITransportConnection, IConnectionHandler> onConnection)
    {
        try
        {
            _handler = onConnection(this);
            return true;
        }
        catch (Exception e)
        {
            report(remote, e);
            End();
            return false;
        }
    }

    public void Send(Block block, int length, bool more) => Send(new Piece(block, length), more);

    public void Send(in LogSlice slice, bool more) => Send(new Piece(slice), more);

    public void BeginSend() => _outbox.Begin();

    public void EndSend()
    {
        _outbox.End();
        if (!_outbox.IsBegun) SendQueued();
    }

    public void Pause() => _paused = true;

    public void Resume()
    {
        // In this order: whoever sees that it may receive also sees that it has to offer first.
        Volatile.Write(ref _offerAgain, 1);
        _paused = false;
        Wake();
    }

    public void Close()
    {
        if (_closing) return;
        _closing = true;
        Wake();
    }

    public void RunWhereItMayWait(IDiskWork work)
    {
        if (!disk.Post(work)) work.Run(); // the transport is ending, and nobody is held up any more
    }

    /// <summary>A turn of sending on a disk thread.</summary>
    void IDiskWork.Run() => After(_outbox.SendCold());

    /// <summary>Has the connection's thread look at the connection's state again. Any thread, often.</summary>
    protected abstract void Wake();

    /// <summary>Called by any thread when queued bytes have begun to wait for <see cref="SendRest"/>.</summary>
    protected abstract void OutputBlocked();

    /// <summary>Receives once and offers what there is. The connection's thread only.</summary>
    /// <returns>Whether the socket may hold more already; false when it was seen empty or the connection is closing.</returns>
    protected bool Receive()
    {
        nint received;
        bool mayHoldMore;
        try
        {
            received = _passage.Receive(_inbox, _outbox, Handler.BytesWanted, out mayHoldMore);
        }
        catch (Exception e) // the handler's, the passage's, or there is no block for the frame it wants
        {
            After(_outbox.TrySend()); // the passage may have left word for the peer
            Fail(e);
            return false;
        }

        if (received > 0)
        {
            Offer();
            return mayHoldMore && MayReceive;
        }

        if (received == Passage.NotNow)
            _inbox.GiveBackIfEmpty();
        else
            Close(); // the peer has finished, or the connection broke
        return false;
    }

    /// <summary>Offers again what is pending, if reading went on after a pause. The connection's thread only, before it receives.</summary>
    /// <returns>Whether it was offered: by now it may have been paused and resumed once more.</returns>
    protected bool OfferAgainIfResumed()
    {
        if (!MayReceive || Interlocked.Exchange(ref _offerAgain, 0) == 0) return false;

        Offer();
        return true;
    }

    /// <summary>Sends what <see cref="Outbox.Outcome.Blocked"/> left.</summary>
    protected void SendRest() => After(_outbox.SendRest());

    /// <summary>Ends the connection: releases everything and tells the handler. The connection's thread only, once, as its last act.</summary>
    protected virtual void End()
    {
        _closing = true;
        _outbox.Drop();
        _passage.End();
        _inbox.GiveBack();
        socket.Dispose();
        try
        {
            _handler?.Closed();
        }
        catch (Exception e)
        {
            report(remote, e);
        }
    }

    private void Send(in Piece piece, bool more)
    {
        _outbox.Add(piece);
        if (!more && !_outbox.IsBegun) SendQueued();
    }

    private void SendQueued()
    {
        // Answers to what arrived together leave together.
        if (_receivingThread == Environment.CurrentManagedThreadId && _outbox.Count < Gathering.MostPieces) return;

        After(_outbox.TrySend());
    }

    private void After(Outbox.Outcome outcome)
    {
        if (outcome == Outbox.Outcome.Blocked)
            OutputBlocked();
        else if (outcome == Outbox.Outcome.Cold)
            _ = disk.Post(this); // refused: the transport has ended this connection too
        else if (outcome == Outbox.Outcome.Broken)
            Close();

        // Pairs with the barrier in Choke: either it sees the shorter queue, or this sees that it choked.
        Interlocked.MemoryBarrier();
        Unchoke();
    }

    private void Offer()
    {
        _receivingThread = Environment.CurrentManagedThreadId;
        try
        {
            OfferUntilStuck();
        }
        catch (Exception e)
        {
            Fail(e);
        }

        _receivingThread = 0;
        _inbox.GiveBackIfEmpty();
        if (_outbox.Count > 0) SendAnswers();
        if (_passage.IsEnded && MayReceive) Close(); // as after the last byte of a socket: whoever paused hears of it later
    }

    private void OfferUntilStuck()
    {
        while (MayReceive)
        {
            var pending = _inbox.Pending;
            if (pending.IsEmpty || pending.Length < Handler.BytesWanted) return;

            var consumed = Handler.Received(pending);
            _inbox.Consume(consumed);
            if (_outbox.QueuedBytes > MostQueuedBytes)
            {
                SendAnswers();
                if (_outbox.QueuedBytes > MostQueuedBytes) Choke();
            }

            if (consumed == 0) return;
        }
    }

    /// <summary>Sends what the handler queued; on a blocking socket its own thread may, and does, wait for that.</summary>
    private void SendAnswers() => After(blocks ? _outbox.SendRest() : _outbox.TrySend());

    private void Choke()
    {
        _choked = true;
        Interlocked.MemoryBarrier();
        Unchoke();
    }

    private void Unchoke()
    {
        if (!_choked || _outbox.QueuedBytes > MostQueuedBytes / 2) return;
        Volatile.Write(ref _offerAgain, 1); // first, as in Resume
        _choked = false;
        Wake();
    }

    /// <summary>Ends the connection soon and reports why. Any thread.</summary>
    public void Fail(Exception exception)
    {
        Close();
        report(remote, exception);
    }
}
