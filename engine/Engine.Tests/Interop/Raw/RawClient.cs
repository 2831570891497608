using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;

namespace Engine.Tests.Interop.Raw;

/// <summary>A blocking connection that sends whatever it is told to, right or wrong, and reads answers with care.</summary>
internal sealed class RawClient : IDisposable
{
    public const string ClientId = "raw";

    private const int PatienceMs = 60_000;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = PatienceMs, SendTimeout = PatienceMs };
    private int _correlationId;

    public RawClient(IPEndPoint endpoint)
    {
        try
        {
            _socket.Connect(endpoint);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>Whether an answer, or the end of the connection, has arrived.</summary>
    public bool HasAnswer => _socket.Poll(0, SelectMode.SelectRead);

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[_socket.Send(bytes)..];
    }

    /// <summary>Sends a request without waiting for its answer; gives its correlation id.</summary>
    public int Send<T>(ApiKey api, short version, T request, WireItemWriter<T> write)
    {
        Send(Request(api, version, ++_correlationId, request, write));
        return _correlationId;
    }

    /// <summary>A request's frame.</summary>
    public static byte[] Request<T>(ApiKey api, short version, int correlationId, T request, WireItemWriter<T> write)
    {
        var buffer = new WireBuffer();
        var writer = new WireWriter(buffer, ApiTable.IsFlexible(api, version));
        var start = Frame.Begin(ref writer);
        new RequestHeader(api, version, correlationId).Write(ref writer, ClientId);
        write(request, ref writer, version);
        Frame.End(ref writer, start);
        return buffer.Written.ToArray();
    }

    /// <summary>A correlation id for a frame that the caller makes itself.</summary>
    public int NextCorrelationId() => ++_correlationId;

    /// <summary>The next frame without its length prefix.</summary>
    /// <exception cref="EndOfStreamException">The broker closed the connection.</exception>
    public byte[] Receive()
    {
        Span<byte> length = stackalloc byte[Frame.PrefixBytes];
        ReceiveExactly(length);
        var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        ReceiveExactly(frame);
        return frame;
    }

    /// <summary>Reads the answer to the request with this correlation id, which must be the next one and end where its frame does.</summary>
    public T Receive<T>(ApiKey api, short version, int correlationId, WireItemReader<T> read)
    {
        var reader = new WireReader(Receive());
        Assert.Equal(correlationId, ResponseHeader.Read(ref reader, api, version));
        var response = read(ref reader, version);
        Assert.Equal(0, reader.Remaining);
        return response;
    }

    public TResponse Ask<TRequest, TResponse>(
        ApiKey api, short version, TRequest request, WireItemWriter<TRequest> write, WireItemReader<TResponse> read) =>
        Receive(api, version, Send(api, version, request, write), read);

    /// <summary>Waits until the broker closes the connection; whatever it still sends is an error.</summary>
    public void AssertClosed()
    {
        try
        {
            Assert.Equal(0, _socket.Receive(new byte[1]));
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.ConnectionReset)
        {
            // Closed with bytes of ours unread: as closed as it gets.
        }
    }

    /// <summary>Tells the broker that nothing more will come.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Waits up to this long for an answer; whether one came.</summary>
    public bool WaitForAnswer(int milliseconds) => _socket.Poll(1000 * milliseconds, SelectMode.SelectRead);

    public void Dispose() => _socket.Dispose();

    private void ReceiveExactly(Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int read;
            try
            {
                read = _socket.Receive(bytes);
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.ConnectionReset)
            {
                read = 0;
            }

            if (read == 0) throw new EndOfStreamException("the broker closed the connection");
            bytes = bytes[read..];
        }
    }
}
