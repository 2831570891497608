using System.Net.Sockets;
using Harness.Load;
using Harness.Load.Wire;

namespace Harness.Nodes;

/// <summary>One direction of a proxied connection: receives pieces, keeps each until it is due, sends them in order.</summary>
internal sealed class LinkPump(Socket from, Socket to, Func<IReadOnlyList<LinkQuality>> qualities, Func<bool> closed)
{
    private const int PieceBytes = 64 << 10;

    /// <summary>What is under way at most: 5 ms of 800 MB/s.</summary>
    private const int PiecesMax = 64;

    private const long LongestWait = 100 * Clock.Millisecond;

    private readonly Queue<Piece> _underWay = new();
    private readonly Stack<byte[]> _spare = new();
    private readonly PollEntry[] _polled = [new() { Socket = from.Handle.ToInt32(), Wanted = Syscalls.PollIn }];
    private long _lastDue;

    /// <summary>Returns when the sender has said its last and all of it is passed on, or the connection is lost.</summary>
    public void Run()
    {
        for (var open = true; open || _underWay.Count > 0;)
        {
            if (closed()) return;

            var now = Clock.Now;
            while (_underWay.TryPeek(out var due) && due.Due <= now) Send(_underWay.Dequeue());

            var canReceive = open && _underWay.Count < PiecesMax;
            var until = _underWay.TryPeek(out var next) ? Math.Min(next.Due - Clock.Now, LongestWait) : LongestWait;
            Syscalls.Wait(canReceive ? _polled : [], until);
            if (canReceive && _polled[0].Ready != 0) open = Receive();
        }

        to.Shutdown(SocketShutdown.Send);
    }

    private bool Receive()
    {
        var bytes = _spare.TryPop(out var used) ? used : new byte[PieceBytes];
        var length = Syscalls.Receive(from.Handle.ToInt32(), bytes);
        if (length == Syscalls.Lost) throw new LoadException("the connection is lost");
        if (length <= 0)
        {
            _spare.Push(bytes);
            return length < 0;
        }

        // Order stays: what comes behind a late piece is at least as late.
        _lastDue = Math.Max(_lastDue, Clock.Now + Late());
        _underWay.Enqueue(new Piece(bytes, length, _lastDue));
        return true;
    }

    private long Late() => qualities().Sum(quality => Clock.Nanoseconds(quality.Draw(Random.Shared)));

    private void Send(Piece piece)
    {
        for (var sent = 0; sent < piece.Length;) sent += to.Send(piece.Bytes, sent, piece.Length - sent, SocketFlags.None);
        _spare.Push(piece.Bytes);
    }

    private readonly record struct Piece(byte[] Bytes, int Length, long Due);
}
