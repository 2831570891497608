using System.Net.Http.Headers;
using System.Text.Json;

namespace Engine.Broker.Metadata.Etcd;

/// <summary>Requests to etcd's gRPC gateway, JSON over HTTP/1.1, to whichever of its members answers.</summary>
/// <remarks>
/// A request that failed is sent again, to the next member, until its time is over: so one that changes something must be safe to
/// repeat. Source: etcd 3.4, api_grpc_gateway.md and rpc.proto. Keys and values travel in base64, 64-bit numbers as text, and zeros
/// and empty lists are left out.
/// </remarks>
internal sealed class EtcdClient : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // Codes of gRPC after which another member, or the same one a little later, may well answer: DEADLINE_EXCEEDED, ABORTED,
    // INTERNAL, UNAVAILABLE, and UNKNOWN, under which a member without a leader reports some of its own timeouts.
    private static readonly int[] PassingCodes = [2, 4, 10, 13, 14];

    private readonly HttpClient _http;
    private readonly Uri[] _members;
    private readonly TimeSpan _attempt;
    private int _preferred;

    /// <param name="members">host:port, or http(s)://host:port.</param>
    /// <param name="attempt">How long one member may take for an answer.</param>
    public EtcdClient(IEnumerable<string> members, TimeSpan attempt)
    {
        _members = [.. members.Select(ToUri)];
        _attempt = attempt;
        // A watch that is disposed of has no end to wait for: by default its connection would be read for two more seconds.
        var handler = new SocketsHttpHandler { ConnectTimeout = attempt, UseProxy = false, ResponseDrainTimeout = TimeSpan.Zero };
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public string Members => string.Join(", ", _members.Select(member => member.Authority));

    /// <summary>Sends a request and gives the answer.</summary>
    /// <exception cref="EtcdUnreachableException">Nobody answered in time. The request may have been carried out.</exception>
    /// <exception cref="EtcdRefusedException">It was answered with an error that will not go away.</exception>
    public JsonElement Call(string path, ReadOnlyMemory<byte> body, TimeSpan patience)
    {
        var deadline = MonotonicClock.Now + patience;
        while (true)
        {
            var member = Volatile.Read(ref _preferred);
            try
            {
                return Ask(_members[member], path, body, Least(deadline - MonotonicClock.Now, _attempt));
            }
            catch (EtcdUnreachableException)
            {
                // Also when there is no time left: whoever asks next should not meet the same one.
                Interlocked.CompareExchange(ref _preferred, (member + 1) % _members.Length, member);
                if (MonotonicClock.Now + Pause >= deadline) throw;
                Thread.Sleep(Pause);
            }
        }
    }

    /// <summary>Sends a request whose answer goes on for ever, a line for each piece. Disposing the response ends it.</summary>
    /// <exception cref="EtcdUnreachableException">The preferred member did not answer in time; another is asked next.</exception>
    public HttpResponseMessage Open(string path, ReadOnlyMemory<byte> body)
    {
        var member = Volatile.Read(ref _preferred);
        using var patience = new CancellationTokenSource(_attempt);
        try
        {
            var response = _http.Send(Request(_members[member], path, body), HttpCompletionOption.ResponseHeadersRead, patience.Token);
            return response.EnsureSuccessStatusCode();
        }
        catch (Exception error) when (IsTransport(error))
        {
            Interlocked.CompareExchange(ref _preferred, (member + 1) % _members.Length, member);
            throw Unreachable(_members[member], error);
        }
    }

    /// <summary>What the first member that answers says of its version.</summary>
    /// <exception cref="MetadataException">It is no etcd, or one without the interface that is used here.</exception>
    public void CheckVersion(TimeSpan patience)
    {
        try
        {
            var answer = Call("version", default, patience);
            var text = answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("etcdserver", out var said) ? said.GetString() : null;
            if (!Version.TryParse(text?.Split('-')[0], out var version))
                throw new MetadataException($"what answers at {Members} is no etcd: its version reads {answer.GetRawText()}");
            // Earlier ones have the gateway under another path, v3beta.
            if (version < new Version(3, 4)) throw new MetadataException($"etcd at {Members} is {text}: 3.4 or newer is needed");
        }
        catch (EtcdRefusedException error)
        {
            throw new MetadataException($"what answers at {Members} is no etcd: {error.Message}");
        }
    }

    public void Dispose() => _http.Dispose();

    private JsonElement Ask(Uri member, string path, ReadOnlyMemory<byte> body, TimeSpan patience)
    {
        using var deadline = new CancellationTokenSource(patience > TimeSpan.Zero ? patience : TimeSpan.FromMilliseconds(1));
        try
        {
            using var response = _http.Send(Request(member, path, body), HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            using var stream = response.Content.ReadAsStream(deadline.Token);
            // Reading has no deadline of its own: a member that stalls in the middle of an answer is cut off by closing the stream.
            using var cut = deadline.Token.Register(stream.Dispose);
            var answer = Parse(member, stream);
            if (response.IsSuccessStatusCode) return answer;

            var (message, code) = ErrorOf(answer);
            if ((int)response.StatusCode >= 500 || PassingCodes.Contains(code))
                throw new EtcdUnreachableException($"etcd at {member.Authority}: {message}");
            throw new EtcdRefusedException($"etcd at {member.Authority} refuses {path}: {message}", code);
        }
        catch (Exception error) when (IsTransport(error))
        {
            throw Unreachable(member, error);
        }
    }

    private static JsonElement Parse(Uri member, Stream stream)
    {
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        try
        {
            using var document = JsonDocument.Parse(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw new EtcdRefusedException($"{member.Authority} answers with something that is not JSON", code: 0);
        }
    }

    private static (string Message, int Code) ErrorOf(JsonElement answer) => answer.ValueKind != JsonValueKind.Object ? (answer.GetRawText(), 0) : (
        answer.TryGetProperty("message", out var message) ? message.GetString()! : answer.GetRawText(),
        answer.TryGetProperty("code", out var code) && code.TryGetInt32(out var number) ? number : 0);

    private static HttpRequestMessage Request(Uri member, string path, ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty) return new HttpRequestMessage(HttpMethod.Get, new Uri(member, path));
        var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return new HttpRequestMessage(HttpMethod.Post, new Uri(member, path)) { Content = content };
    }

    private static bool IsTransport(Exception error) =>
        error is HttpRequestException or OperationCanceledException or ObjectDisposedException
            or (IOException and not (EtcdUnreachableException or EtcdRefusedException));

    private static EtcdUnreachableException Unreachable(Uri member, Exception error) => new(
        $"etcd at {member.Authority} does not answer: " +
        (error is OperationCanceledException or ObjectDisposedException ? "it takes too long" : error.Message));

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static Uri ToUri(string member) =>
        new(member.Contains("://", StringComparison.Ordinal) ? member : "http://" + member, UriKind.Absolute);
}

/// <summary>No member of etcd answered in time: what was asked may have happened all the same.</summary>
internal sealed class EtcdUnreachableException(string message) : IOException(message);

/// <summary>etcd answered that it will not do what was asked.</summary>
/// <param name="code">By gRPC's numbers; 0 when it gave none.</param>
internal sealed class EtcdRefusedException(string message, int code) : IOException(message)
{
    /// <summary>NOT_FOUND: what was named, a lease most often, is not there any more.</summary>
    public bool IsNotFound => code == 5;
}
