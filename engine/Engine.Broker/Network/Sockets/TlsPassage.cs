using System.Security.Authentication;
using Engine.Core.Memory;
using Engine.Protocol.Tls;
using Engine.Protocol.Wire;
using Microsoft.Win32.SafeHandles;

namespace Engine.Broker.Network.Sockets;

/// <summary>TLS. What lies in a file is read into memory first: nothing can be encrypted that the kernel sends by itself.</summary>
/// <remarks>
/// Encrypts a step at a time and has the socket take all of it before the next, so that a slow peer holds one step of ours, and what
/// waits stays where it was: in its file, or counted in the outbox. A piece counts as sent when its last encrypted byte was taken.
/// </remarks>
internal sealed unsafe class TlsPassage(SocketHandle socket, TlsSession session) : Passage(socket)
{
    /// <summary>What a peer may send before the handshake is over: several times what certificates and keys of any kind come to.</summary>
    public const int MostUnauthenticatedBytes = 64 << 10;

    // Four records: the encrypted bytes and those they come from stay in the processor's cache, and the calls do not count.
    private const int StepBytes = 64 << 10;

    // A piece of less is put into one record with what follows it: an answer's few bytes of framing are not worth one of their own.
    private const int OwnRecordBytes = 16 << 10;

    private readonly Lock _sending = new();
    private int _unauthenticatedBytes;
    private int _coveredBytes; // of the first pieces, by what is encrypted and not sent
    private bool _ended;

    public override bool IsEstablished => session.IsEstablished;

    public override bool IsEnded => session.IsEnded;

    public override nint Receive(Inbox inbox, Outbox outbox, int wanted, out bool mayHoldMore)
    {
        mayHoldMore = false;
        if (session.IsEnded) return PeerGone;

        var room = session.Room.Span;
        var received = ReceiveInto(room);
        mayHoldMore = received == room.Length;
        if (received <= 0) return received;

        try
        {
            session.Received((int)received);
            while (session.TryRead(out var bytes)) Fill(inbox, bytes.Span, wanted);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            // The innermost says what it was: a version that is not spoken, a client that does not trust the certificate, no TLS at all.
            throw new WireException($"TLS: {e.GetBaseException().Message}");
        }
        finally
        {
            Reply(outbox);
        }

        if (!session.IsEstablished && (_unauthenticatedBytes += (int)received) > MostUnauthenticatedBytes)
            throw new WireException($"more than {MostUnauthenticatedBytes} bytes came before the end of the TLS handshake");
        return received;
    }

    public override nint SendMemory(ReadOnlySpan<Piece> pieces, int flags)
    {
        lock (_sending)
        {
            if (_ended) return PeerGone;
            if (pieces[0].IsEncrypted) return Send(pieces[0].Bytes.Span, flags);
            if (_coveredBytes == 0 && !TryEncrypt(pieces)) return PeerGone;

            // The same pieces may come in smaller lots than they were encrypted in.
            var most = 0L;
            foreach (ref readonly var piece in pieces) most += piece.Left;
            return SendEncrypted(most, flags);
        }
    }

    public override nint SendFile(SafeFileHandle file, in Piece piece)
    {
        lock (_sending)
        {
            if (_ended || (_coveredBytes == 0 && !TryEncrypt(file, piece))) return PeerGone;

            return SendEncrypted(piece.Left, flags: 0);
        }
    }

    public override void End()
    {
        lock (_sending)
        {
            if (_ended) return;
            _ended = true;
            if (session.IsEstablished && _coveredBytes == 0) SayGoodbye();
            session.Dispose();
        }
    }

    private static void Fill(Inbox inbox, ReadOnlySpan<byte> bytes, int wanted)
    {
        while (!bytes.IsEmpty)
        {
            var room = inbox.Room(wanted);
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            inbox.Filled(count);
            bytes = bytes[count..];
        }
    }

    private void Reply(Outbox outbox)
    {
        var reply = session.TakeReplies();
        if (reply.IsEmpty) return;

        var block = BlockPool.Shared.Rent(reply.Length);
        reply.CopyTo(block.Bytes);
        outbox.Add(Piece.OfEncrypted(block, reply.Length));
    }

    private bool TryEncrypt(ReadOnlySpan<Piece> pieces)
    {
        if (pieces.Length == 1 || pieces[0].Left >= OwnRecordBytes) return TryEncrypt(pieces[0].Bytes[..Math.Min(OfOneCall(pieces[0]), StepBytes)]);

        using var block = BlockPool.Shared.Rent(StepBytes);
        return TryEncrypt(block.Bytes.AsMemory(0, Gather(pieces, block.Bytes.AsSpan(0, StepBytes))));
    }

    private bool TryEncrypt(SafeFileHandle file, in Piece piece)
    {
        using var block = BlockPool.Shared.Rent(StepBytes);
        try
        {
            // Nothing: the file ends before the range does, as with sendfile.
            var read = RandomAccess.Read(file, block.Bytes.AsSpan(0, Math.Min(piece.Next, StepBytes)), piece.FilePosition);
            return read > 0 && TryEncrypt(block.Bytes.AsMemory(0, read));
        }
        catch (IOException)
        {
            return false; // the disk's error, of which whoever reads the log hears too
        }
    }

    private bool TryEncrypt(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            session.Encrypt(bytes);
            _coveredBytes = bytes.Length;
            return true;
        }
        catch (IOException)
        {
            return false; // there is no session, or it broke down
        }
    }

    private static int Gather(ReadOnlySpan<Piece> pieces, Span<byte> room)
    {
        var filled = 0;
        foreach (ref readonly var piece in pieces)
        {
            if (piece.IsEncrypted || filled == room.Length) break;

            var count = Math.Min(OfOneCall(piece), room.Length - filled);
            piece.Bytes.Span[..count].CopyTo(room[filled..]);
            filled += count;
            if (count < piece.Left) break;
        }

        return filled;
    }

    private static int OfOneCall(in Piece piece) => Math.Min(piece.Next, piece.MostAtOnce);

    private nint SendEncrypted(long most, int flags)
    {
        while (!session.Encrypted.IsEmpty)
        {
            var sent = Send(session.Encrypted, flags);
            if (sent < 0) return sent;
            session.Sent((int)sent);
        }

        var through = (int)Math.Min(_coveredBytes, most);
        _coveredBytes -= through;
        return through;
    }

    private nint Send(ReadOnlySpan<byte> bytes, int flags)
    {
        fixed (byte* start = bytes)
        {
            var vector = new LibC.IoVector { Start = start, Length = (nuint)bytes.Length };
            var message = new LibC.MessageHeader { Vectors = &vector, VectorCount = 1 };
            nint sent;
            do
                sent = LibC.SendMessage(Socket.Descriptor, &message, flags | LibC.MsgNoSignal);
            while (sent < 0 && LibC.LastError == Errno.Interrupted);

            return sent >= 0 ? sent : Failure();
        }
    }

    // Without it the peer cannot tell an end from a cut. It is not waited for.
    private void SayGoodbye()
    {
        try
        {
            session.EndSending();
            _ = Send(session.Encrypted, LibC.MsgDontWait);
        }
        catch (IOException)
        {
            // The session broke down before: there is nothing more to say in it.
        }
    }
}
