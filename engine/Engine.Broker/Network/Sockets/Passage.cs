using Microsoft.Win32.SafeHandles;

namespace Engine.Broker.Network.Sockets;

/// <summary>What lies between a connection and its socket: nothing, or encryption.</summary>
/// <remarks>
/// The connection's own thread receives and ends it; whoever drains the <see cref="Outbox"/> sends, one at a time, and counts itself in
/// at the socket. A negative result is <see cref="NotNow"/> or <see cref="PeerGone"/>.
/// </remarks>
internal abstract class Passage(SocketHandle socket)
{
    /// <summary>The socket has nothing, or no room.</summary>
    public const nint NotNow = -1;

    /// <summary>The connection is of no more use.</summary>
    public const nint PeerGone = -2;

    /// <summary>Whether the peer has done all that is asked before it is listened to.</summary>
    public virtual bool IsEstablished => true;

    /// <summary>Whether the peer has said that it sends nothing more, which the socket itself may tell later or never.</summary>
    public virtual bool IsEnded => false;

    protected SocketHandle Socket => socket;

    /// <summary>Receives once and puts what the handler is to see into the inbox.</summary>
    /// <param name="inbox">Gets it.</param>
    /// <param name="outbox">Gets what has to be answered before the handler sees anything.</param>
    /// <param name="wanted">What the handler wants contiguous.</param>
    /// <param name="mayHoldMore">Whether the socket may hold more already.</param>
    /// <returns>How many bytes came off the wire.</returns>
    public abstract nint Receive(Inbox inbox, Outbox outbox, int wanted, out bool mayHoldMore);

    /// <summary>Sends pieces in memory, in order, as far as the socket takes them.</summary>
    /// <param name="pieces">At least one; those that are not sent whole are the first ones of the next call.</param>
    /// <param name="flags">Of sendmsg(2).</param>
    /// <returns>How many of their bytes are through.</returns>
    public abstract nint SendMemory(ReadOnlySpan<Piece> pieces, int flags);

    /// <summary>Sends some of what is next of a file range; on a blocking socket it waits until it has gone.</summary>
    public abstract nint SendFile(SafeFileHandle file, in Piece piece);

    /// <summary>Ends it, before the socket is closed. Afterwards only sends may still come, and fail.</summary>
    public virtual void End()
    {
    }

    protected unsafe nint ReceiveInto(Span<byte> room)
    {
        nint received;
        fixed (byte* start = room)
        {
            do
                received = LibC.Receive(socket.Descriptor, start, (nuint)room.Length, 0);
            while (received < 0 && LibC.LastError == Errno.Interrupted);
        }

        return received > 0 ? received : received == 0 ? PeerGone : Failure();
    }

    protected static nint Failure() => LibC.LastError == Errno.TryAgain ? NotNow : PeerGone;
}
