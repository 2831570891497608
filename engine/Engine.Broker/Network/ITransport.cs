using System.Net;

namespace Engine.Broker.Network;

/// <summary>Accepts connections and moves their bytes: the network seam.</summary>
/// <remarks>
/// Constructing one opens nothing and starts no thread; the first <see cref="Listen"/> does. Dispose closes every port and
/// connection and returns when all threads have ended (not from one of its own threads: there it only asks them to).
/// </remarks>
internal interface ITransport : IDisposable
{
    /// <summary>
    /// What went wrong and was survived: a handler that threw (its connection is closed), an accept that failed. Ordinary
    /// disconnects are not reported. Raised on any thread; the endpoint is the peer's, null when there is none.
    /// </summary>
    event Action<EndPoint?, Exception>? Failed;

    /// <summary>Opens a port. <paramref name="onConnection"/> is called once for each accepted connection, before anything is read from it.</summary>
    /// <param name="endpoint">Port 0 chooses a free one.</param>
    /// <param name="onConnection">Makes the connection's handler; may already send.</param>
    /// <param name="name">Begins the names of the threads that serve this port.</param>
    /// <param name="tls">
    /// Has connections speak TLS: the handler sees and sends what is inside, and nothing before the handshake is over. What a slice names of
    /// a file is then copied and encrypted instead of sent by sendfile(2). Null: plaintext.
    /// </param>
    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be bound.</exception>
    IListener Listen(IPEndPoint endpoint, Func<ITransportConnection, IConnectionHandler> onConnection, string name, ServerTls? tls = null);
}

/// <summary>An open port. Dispose closes the port only; accepted connections live on until they or the transport are closed.</summary>
internal interface IListener : IDisposable
{
    /// <summary>The address bound, with its real port.</summary>
    IPEndPoint Endpoint { get; }
}
