using System.Buffers;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace Engine.Broker.Network.Sockets;

/// <summary>Bytes as they are: gathered by sendmsg(2), and from files by sendfile(2).</summary>
internal sealed unsafe class PlainPassage(SocketHandle socket) : Passage(socket)
{
    public override nint Receive(Inbox inbox, Outbox outbox, int wanted, out bool mayHoldMore)
    {
        var room = inbox.Room(wanted);
        var received = ReceiveInto(room);
        if (received > 0) inbox.Filled((int)received);
        mayHoldMore = received == room.Length;
        return received;
    }

    public override nint SendMemory(ReadOnlySpan<Piece> pieces, int flags)
    {
        var vectors = stackalloc LibC.IoVector[Gathering.MostPieces];
        Pins pins = default;
        for (var i = 0; i < pieces.Length; i++)
        {
            var length = Math.Min(pieces[i].Next, pieces[i].MostAtOnce);
            vectors[i] = new() { Start = pieces[i].Pin(out pins[i]), Length = (nuint)length };
            if (length < pieces[i].Left) flags |= LibC.MsgMore;
        }

        var message = new LibC.MessageHeader { Vectors = vectors, VectorCount = (nuint)pieces.Length };
        nint sent;
        do
            sent = LibC.SendMessage(Socket.Descriptor, &message, flags | LibC.MsgNoSignal);
        while (sent < 0 && LibC.LastError == Errno.Interrupted);

        var result = sent >= 0 ? sent : Failure();
        for (var i = 0; i < pieces.Length; i++) pins[i].Dispose();
        return result;
    }

    public override nint SendFile(SafeFileHandle file, in Piece piece)
    {
        var position = piece.FilePosition;
        nint sent;
        do
            sent = LibC.SendFile(Socket.Descriptor, file, &position, (nuint)piece.Next);
        while (sent < 0 && LibC.LastError == Errno.Interrupted);

        // 0: the file ends before the range does. Its length was announced to the peer already, so there is no way on.
        return sent > 0 ? sent : sent == 0 ? PeerGone : Failure();
    }

    [InlineArray(Gathering.MostPieces)]
    private struct Pins
    {
        private MemoryHandle _first;
    }
}
