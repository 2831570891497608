using Engine.Storage;
using System.Net;
using Engine.Core.Memory;

namespace Engine.Broker.Network;

/// <summary>The sending side of one connection, and its brakes. Every member may be used from any thread at any time.</summary>
/// <remarks>
/// Pieces go out in the order they were queued. A send puts into the socket at once what the socket takes and leaves the
/// rest to the transport: it never waits for the peer, nor for the disk that a slice's bytes may have to come from. Pieces sent from inside this connection's own
/// <see cref="IConnectionHandler.Received"/> are held back until it returns (or sixteen have gathered) and then leave in one
/// system call where they can. After the connection has died pieces are still taken over and released, never sent.
/// </remarks>
internal interface ITransportConnection
{
    EndPoint? Remote { get; }

    /// <summary>Bytes queued that no socket has taken yet.</summary>
    /// <remarks>Past 16 MiB the transport itself stops reading from the peer until half of it has gone.</remarks>
    long QueuedBytes { get; }

    /// <summary>
    /// Sends the first <paramref name="length"/> bytes of a block and disposes it afterwards. With <paramref name="more"/>
    /// the message goes on: it waits for the next piece, and they share TCP segments.
    /// </summary>
    void Send(Block block, int length, bool more);

    /// <summary>
    /// Sends a piece of a log, by sendfile(2) when it is a file range and the connection is not encrypted, and releases it exactly once afterwards. With
    /// <paramref name="more"/> the message goes on, as above.
    /// </summary>
    void Send(in LogSlice slice, bool more);

    /// <summary>
    /// Begins a message of several pieces: until <see cref="EndSend"/> on the same thread (in a finally), other threads'
    /// pieces wait. Only queue in between, for they wait by blocking.
    /// </summary>
    void BeginSend();

    /// <summary>Ends what <see cref="BeginSend"/> began and sends it.</summary>
    void EndSend();

    /// <summary>Runs work that may wait for the disk, on a thread that keeps no connection waiting; in the order of the calls it is begun.</summary>
    void RunWhereItMayWait(IDiskWork work);

    /// <summary>Calls <see cref="IConnectionHandler.Received"/> no more, and soon reads no more, until <see cref="Resume"/>.</summary>
    void Pause();

    /// <summary>Goes on reading; first offers again what was received and not consumed.</summary>
    void Resume();

    /// <summary>Ends the connection soon, dropping what is still queued. <see cref="IConnectionHandler.Closed"/> follows on the transport's thread.</summary>
    void Close();
}
