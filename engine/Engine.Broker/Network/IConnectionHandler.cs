namespace Engine.Broker.Network;

/// <summary>What one connection's bytes mean. The transport calls it from its own thread, one call at a time.</summary>
/// <remarks>An exception from any method closes this connection only and is reported by <see cref="ITransport.Failed"/>.</remarks>
internal interface IConnectionHandler
{
    /// <summary>
    /// How many bytes, counted from the first unconsumed one, the next call needs to get further (a whole frame). It is not
    /// called with fewer, and all of them will be contiguous. 0 when any byte helps.
    /// </summary>
    int BytesWanted { get; }

    /// <summary>Takes bytes off the front of <paramref name="bytes"/>, everything received and not yet consumed.</summary>
    /// <remarks>
    /// The memory may be changed (batches are patched in place) and belongs to the handler until it returns. Called again at
    /// once while it consumes something and at least <see cref="BytesWanted"/> bytes remain, unless it paused the connection.
    /// </remarks>
    /// <returns>How many bytes were consumed; the rest is offered again together with what arrives.</returns>
    int Received(Span<byte> bytes);

    /// <summary>The connection has ended, for whatever reason. Called exactly once, and nothing is called after it.</summary>
    void Closed();
}
