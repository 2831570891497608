namespace Engine.Broker.Network.Sockets;

/// <summary>The queue between whoever sends on a connection and its socket. Any thread may call any member.</summary>
/// <remarks>
/// One thread at a time drains it, outside the lock; whoever queues meanwhile leaves the piece to that thread. Each piece is
/// released exactly once, after its last byte was taken or when the outbox is dropped, but never under a system call that
/// reads it, and never with the lock held.
/// <para>
/// What lies in files (ranges of them, mappings) is asked after, step by step, before it is sent: a step that is not in memory
/// goes out on a thread that may wait for the disk, or a reader of old data would hold up everyone whom the sending thread serves.
/// </para>
/// </remarks>
/// <param name="socket">Where the bytes go.</param>
/// <param name="passage">How they get there.</param>
/// <param name="blocks">The socket is a blocking one. Senders then leave file ranges, which cannot be sent without waiting, to <see cref="SendRest"/>.</param>
internal sealed unsafe class Outbox(SocketHandle socket, Passage passage, bool blocks)
{
    // A turn ends after so much, as others wait for the thread, one of the event loop's or one that waits for the disk.
    private const long TurnBytes = 1 << 20;

    // File ranges from here on are sent corked. sendfile(2) lets go of the socket every 64 KiB, and an acknowledgement that comes
    // in between pushes the odd bytes behind the last full segment out on their own: a third more segments, and CPU, a byte.
    private const int CorkBytes = 128 << 10;

    private readonly Lock _lock = new();
    private Piece[] _ring = new Piece[4];
    private int _head;
    private int _count;
    private bool _draining;
    private bool _corked; // the draining thread's
    private volatile bool _dead;
    private volatile bool _blocked;
    private volatile bool _cold;
    private long _queuedBytes;

    /// <summary>What an attempt to send came to.</summary>
    public enum Outcome
    {
        /// <summary>Nothing is left to do for the caller: all is sent, or another thread is sending it, or it waits for <see cref="SendRest"/> already.</summary>
        Done,

        /// <summary>The rest must wait: the transport calls <see cref="SendRest"/> when the socket can take more.</summary>
        Blocked,

        /// <summary>
        /// The next bytes are in no memory, and whoever sends serves other connections too: a thread that may wait for the disk
        /// is to call <see cref="SendCold"/>.
        /// </summary>
        Cold,

        /// <summary>The peer is gone, or a file range ended too early: the connection is to be closed.</summary>
        Broken,
    }

    /// <summary>Whether the rest waits for <see cref="SendRest"/>.</summary>
    public bool IsBlocked => _blocked;

    public int Count => Volatile.Read(ref _count);

    public long QueuedBytes => Volatile.Read(ref _queuedBytes);

    /// <summary>Keeps other threads' pieces out until <see cref="End"/>, on the same thread.</summary>
    public void Begin() => _lock.Enter();

    public void End() => _lock.Exit();

    public bool IsBegun => _lock.IsHeldByCurrentThread;

    /// <summary>Queues a piece, or releases it at once when the outbox is dropped.</summary>
    public void Add(in Piece piece)
    {
        lock (_lock)
        {
            if (!_dead && piece.Length > 0)
            {
                if (_count == _ring.Length) Grow();
                _ring[(_head + _count++) & (_ring.Length - 1)] = piece;
                _queuedBytes += piece.Length;
                return;
            }
        }

        piece.Release();
    }

    /// <summary>Sends what goes without waiting.</summary>
    public Outcome TrySend() => Drain(Turn.Try);

    /// <summary>Sends what is left after <see cref="Outcome.Blocked"/>; on a blocking socket it waits until all has gone.</summary>
    public Outcome SendRest() => Drain(Turn.Rest);

    /// <summary>Sends a step of what is left after <see cref="Outcome.Cold"/>, waiting for the disk. What follows may be in memory again.</summary>
    public Outcome SendCold() => Drain(Turn.Cold);

    /// <summary>Releases what is queued, now and from now on.</summary>
    public void Drop()
    {
        lock (_lock)
        {
            _dead = true;
            _blocked = false;
            if (_draining) return; // the draining thread's call may be reading a piece: it releases them when it is back
        }

        ReleaseAll();
    }

    private Outcome Drain(Turn turn)
    {
        lock (_lock)
        {
            if (_dead || _draining || _count == 0) return Outcome.Done;
            if ((_blocked && turn != Turn.Rest) || (_cold && turn != Turn.Cold)) return Outcome.Done;
            _draining = true;
            _cold = false;

            // Not dropped, hence not disposed yet; from here on the descriptor stays open until it is released below.
            var counted = false;
            socket.DangerousAddRef(ref counted);
        }

        var mayWait = blocks && turn == Turn.Rest;
        var outcome = Outcome.Done;
        var turnBytes = 0L;
        Gathering pieces = default;
        while (TryGather(ref pieces, turn, turnBytes, ref outcome, out var count, out var more))
        {
            var waits = (mayWait || turn == Turn.Cold) && !pieces[0].IsAtHand;
            if (waits) pieces[0].BringIn();
            if (!_corked && pieces[0].File is not null && pieces[0].Left >= CorkBytes) Cork(true);
            var sent = pieces[0].File is { } file
                ? passage.SendFile(file, pieces[0])
                : passage.SendMemory(pieces[..count], (mayWait ? 0 : LibC.MsgDontWait) | (more ? LibC.MsgMore : 0));
            if (sent < 0) outcome = sent == Passage.NotNow ? Outcome.Blocked : Outcome.Broken;
            if (sent <= 0) continue;

            if (waits) pieces[0].NoteUsed();
            turnBytes += sent;
            Settle(pieces[..count], sent);
        }

        socket.DangerousRelease();
        if (_dead) ReleaseAll();
        return outcome;
    }

    /// <summary>Copies out what the next system call is to send; false, and the drain is over, when there is to be none.</summary>
    private bool TryGather(ref Gathering pieces, Turn turn, long turnBytes, ref Outcome outcome, out int count, out bool more)
    {
        lock (_lock)
        {
            (count, more) = (0, false);
            if (outcome == Outcome.Done && !_dead && _count > 0)
            {
                outcome = WhyNot(turn, turnBytes);
                if (outcome == Outcome.Done)
                {
                    do
                        pieces[count] = Queued(count++);
                    while (IsGatheredWith(pieces[count - 1], count));
                    more = count < _count;
                    return true;
                }
            }

            if (_corked && _count == 0) Cork(false);
            if (outcome == Outcome.Broken) _dead = true;
            if (_dead && outcome is Outcome.Blocked or Outcome.Cold) outcome = Outcome.Done; // dropped meanwhile: nothing is left to wait for
            _blocked = outcome == Outcome.Blocked;
            _cold = outcome == Outcome.Cold;
            _draining = false;
            return false;
        }
    }

    /// <summary>What keeps this turn from sending the first piece; <see cref="Outcome.Done"/>: nothing.</summary>
    private Outcome WhyNot(Turn turn, long turnBytes)
    {
        if (blocks && turn == Turn.Rest) return Outcome.Done;

        ref readonly var next = ref Queued(0);
        if (blocks && next.File is not null) return Outcome.Blocked;
        if (turnBytes >= TurnBytes) return Outcome.Blocked;
        if (turn == Turn.Cold || IsSentByAnyone(next)) return Outcome.Done;
        return blocks ? Outcome.Blocked : Outcome.Cold; // a blocking socket's writer may wait
    }

    /// <summary>Whether the queued piece at <paramref name="index"/> goes out in one call with the one before it.</summary>
    private bool IsGatheredWith(in Piece before, int index)
    {
        if (before.File is not null || Math.Min(before.Next, before.MostAtOnce) < before.Left || index == Gathering.MostPieces || index >= _count) return false;

        ref readonly var piece = ref Queued(index);
        return piece.File is null && IsSentByAnyone(piece);
    }

    /// <summary>Whether sending what is next of the piece holds up nobody: it takes neither the disk nor long.</summary>
    private static bool IsSentByAnyone(in Piece piece) => !piece.IsLongToFault && piece.IsAtHand;

    /// <summary>Takes <paramref name="sent"/> bytes off the queue and releases the pieces that are through.</summary>
    private void Settle(ReadOnlySpan<Piece> pieces, long sent)
    {
        var through = 0;
        var rest = sent;
        while (through < pieces.Length && rest >= pieces[through].Left)
            rest -= pieces[through++].Left;

        lock (_lock)
        {
            for (var i = 0; i < through; i++) Dequeue();
            if (rest > 0) Queued(0).Advance((int)rest);
            _queuedBytes -= sent;
        }

        foreach (ref readonly var piece in pieces[..through]) piece.Release();
    }

    /// <summary>Has only full segments leave, or what is there (TCP_CORK, tcp(7)). Sockets that are not TCP's refuse, and lose nothing.</summary>
    private void Cork(bool on)
    {
        var value = on ? 1 : 0;
        _ = LibC.SetSocketOption(socket.Descriptor, LibC.SolTcp, LibC.TcpCork, &value, sizeof(int));
        _corked = on;
    }

    private ref Piece Queued(int index) => ref _ring[(_head + index) & (_ring.Length - 1)];

    private void Dequeue()
    {
        Queued(0) = default;
        _head = (_head + 1) & (_ring.Length - 1);
        _count--;
    }

    private void Grow()
    {
        var larger = new Piece[_ring.Length * 2];
        for (var i = 0; i < _count; i++) larger[i] = Queued(i);
        _ring = larger;
        _head = 0;
    }

    private void ReleaseAll()
    {
        while (true)
        {
            Piece piece;
            lock (_lock)
            {
                if (_count == 0) return;
                piece = Queued(0);
                _queuedBytes -= piece.Left;
                Dequeue();
            }

            piece.Release();
        }
    }

    /// <summary>Who drains, and so what may be waited for.</summary>
    private enum Turn
    {
        /// <summary>Anyone: for nothing.</summary>
        Try,

        /// <summary>The connection's thread, once the socket takes more: for nothing; of a blocking socket, for peer and disk.</summary>
        Rest,

        /// <summary>A disk thread: for the disk.</summary>
        Cold,
    }
}
