using System.Buffers.Binary;
using System.Net.Sockets;
using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;

namespace Harness.Load.Wire;

/// <summary>Writes a request's body.</summary>
internal delegate void BodyWriter(ref WireWriter writer, short version);

/// <summary>Reads a response's body.</summary>
internal delegate T BodyReader<out T>(ref WireReader reader, short version);

/// <summary>One blocking connection to a broker, for requests that come one at a time and far between.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class ControlConnection : IDisposable
{
    private const int MaxFrameBytes = 64 << 20;

    private readonly Socket _socket;
    private readonly Stream? _tls; // in the socket's place
    private readonly BrokerAddress _broker;
    private readonly string _clientId;
    private readonly WireBuffer _request = new();
    private readonly Dictionary<ApiKey, ApiVersionRange> _served;
    private byte[] _response = new byte[4096];
    private int _correlationId;

    /// <summary>Connects and asks which versions the broker speaks.</summary>
    /// <exception cref="LoadException">Nobody answers there, or not in the protocol.</exception>
    public ControlConnection(BrokerAddress broker, string clientId, TimeSpan timeout)
    {
        _broker = broker;
        _clientId = clientId;
        _socket = Sockets.Connect(broker, timeout);
        _socket.SendTimeout = _socket.ReceiveTimeout = (int)timeout.TotalMilliseconds;
        try
        {
            if (broker.Authority is not null) _tls = TlsTrust.Over(_socket, broker);
            _served = AskVersions().Apis.ToDictionary(range => range.Api);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whether an answer failed to come, so that the next to arrive may belong to another question.</summary>
    public bool Broken { get; private set; }

    /// <summary>The highest version of a request that both sides speak.</summary>
    /// <exception cref="LoadException">There is none.</exception>
    public short Version(ApiKey api, short atMost = short.MaxValue)
    {
        if (!ApiTable.TryGet(api, out var ours)) throw new LoadException($"this client does not speak {api}");
        if (!_served.TryGetValue(api, out var theirs)) throw new LoadException($"{_broker} does not speak {api}");

        var version = Math.Min(atMost, Math.Min(ours.MaxVersion, theirs.MaxVersion));
        return version >= Math.Max(ours.MinVersion, theirs.MinVersion) ? version : throw new LoadException(
            $"{_broker} speaks {api} {theirs.MinVersion}-{theirs.MaxVersion}, this client {ours.MinVersion}-{Math.Min(atMost, ours.MaxVersion)}");
    }

    /// <summary>The same of a broker that is asked nothing else.</summary>
    /// <exception cref="LoadException">Nobody answers there, or there is none.</exception>
    public static short VersionOf(BrokerAddress broker, string clientId, TimeSpan timeout, ApiKey api, short atMost = short.MaxValue)
    {
        using var connection = new ControlConnection(broker, clientId, timeout);
        return connection.Version(api, atMost);
    }

    /// <summary>Sends a request in the highest common version and waits for its answer.</summary>
    /// <exception cref="LoadException">The broker does not answer, or not with what was asked for.</exception>
    public T Call<T>(ApiKey api, BodyWriter write, BodyReader<T> read) => Call(api, Version(api), write, read);

    public void Dispose()
    {
        _tls?.Dispose();
        _socket.Dispose();
    }

    private ApiVersionsResponse AskVersions()
    {
        var request = new ApiVersionsRequest { ClientSoftwareName = "testbed-load", ClientSoftwareVersion = "1" };
        var answer = Call(ApiKey.ApiVersions, 3, request.Write, ApiVersionsResponse.Read);
        // Brokers from before 2.4 know no version 3 and say so in the layout of version 0 (KIP-511).
        if (answer.Error == ErrorCode.UnsupportedVersion) answer = Call(ApiKey.ApiVersions, 0, request.Write, ApiVersionsResponse.Read);
        return answer.Error == ErrorCode.None ? answer : throw new LoadException($"{_broker} refused ApiVersions: {answer.Error}");
    }

    /// <summary>The same in a version that was asked for with <see cref="Version"/>.</summary>
    /// <inheritdoc cref="Call{T}(ApiKey, BodyWriter, BodyReader{T})"/>
    public T Call<T>(ApiKey api, short version, BodyWriter write, BodyReader<T> read)
    {
        Broken = true; // until the whole answer is here
        try
        {
            Send(api, version, write);
            var reader = new WireReader(ReceiveFrame());
            var correlationId = ResponseHeader.Read(ref reader, api, version);
            if (correlationId != _correlationId)
                throw new LoadException($"{_broker} answered request {correlationId} when {_correlationId} was asked");

            var answer = read(ref reader, version);
            Broken = false;
            return answer;
        }
        catch (Exception problem) when (problem is SocketException or IOException or WireException)
        {
            throw new LoadException($"{_broker} did not answer {api}: {problem.Message}");
        }
    }

    private void Send(ApiKey api, short version, BodyWriter write)
    {
        _request.Clear();
        var writer = new WireWriter(_request);
        var start = Frame.Begin(ref writer);
        writer.Flexible = ApiTable.IsFlexible(api, version);
        new RequestHeader(api, version, ++_correlationId).Write(ref writer, _clientId);
        write(ref writer, version);
        Frame.End(ref writer, start);
        if (_tls is not null) _tls.Write(_request.Written);
        else for (var sent = 0; sent < _request.Length;) sent += _socket.Send(_request.Written[sent..]);
    }

    private ReadOnlySpan<byte> ReceiveFrame()
    {
        ReceiveExactly(_response.AsSpan(0, Frame.PrefixBytes));
        var length = BinaryPrimitives.ReadInt32BigEndian(_response);
        if (length is < 4 or > MaxFrameBytes) throw new WireException($"a frame of {length} bytes");

        if (_response.Length < length) _response = new byte[length];
        ReceiveExactly(_response.AsSpan(0, length));
        return _response.AsSpan(0, length);
    }

    private void ReceiveExactly(Span<byte> into)
    {
        while (into.Length > 0)
        {
            var received = _tls?.Read(into) ?? _socket.Receive(into);
            if (received == 0) throw new WireException("it closed the connection");
            into = into[received..];
        }
    }
}
