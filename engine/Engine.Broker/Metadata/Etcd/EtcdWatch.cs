using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Engine.Broker.Metadata.Etcd;

/// <summary>Wakes somebody when keys under a prefix change.</summary>
/// <remarks>
/// What changed is not taken from here but read: then a watch that broke off, skipped revisions that etcd has compacted away or lags
/// behind can lose nothing, and there is one way in which the state moves. Each new watch begins at the present and wakes once.
/// </remarks>
internal sealed class EtcdWatch : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly EtcdClient _client;
    private readonly byte[] _request;
    private readonly Action _onChange;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private HttpResponseMessage? _stream;

    public EtcdWatch(EtcdClient client, string prefix, Action onChange)
    {
        (_client, _onChange) = (client, onChange);
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteStartObject("create_request");
            json.WriteBase64String("key", Encoding.UTF8.GetBytes(prefix));
            json.WriteBase64String("range_end", Encoding.UTF8.GetBytes(EtcdTransaction.EndOf(prefix)));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        _request = body.WrittenSpan.ToArray();
        _thread = new Thread(Run) { Name = "metadata-watch", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Ends the watch of now, so that another is begun: it may hang on a connection that leads nowhere.</summary>
    public void BeginAnew() => Interlocked.Exchange(ref _stream, null)?.Dispose();

    public void Dispose()
    {
        _stop.Set();
        // Once more for a watch that was just being opened.
        do BeginAnew();
        while (!_thread.Join(TimeSpan.FromMilliseconds(10)));
        _stop.Dispose();
    }

    private void Run()
    {
        while (!_stop.IsSet)
        {
            HttpResponseMessage? opened = null;
            try
            {
                using var response = opened = _client.Open("v3/watch", _request);
                Volatile.Write(ref _stream, response);
                using var lines = new StreamReader(response.Content.ReadAsStream());
                // Each line says that the watch was made, that keys changed, or that it was cancelled.
                while (!_stop.IsSet && lines.ReadLine() is { } line)
                {
                    _onChange();
                    if (line.Contains("\"canceled\":true", StringComparison.Ordinal)) break;
                    if (line.StartsWith("{\"error\"", StringComparison.Ordinal)) break;
                }
            }
            catch (Exception broken) when (broken is IOException or HttpRequestException or ObjectDisposedException
                or InvalidOperationException or OperationCanceledException || WasEnded(opened))
            {
                // Whoever keeps the session says so when etcd cannot be reached.
            }

            Volatile.Write(ref _stream, null);
            _stop.Wait(Pause);
        }
    }

    // By another thread, in the middle of a read: that fails in any way then, such as with an index beyond a buffer's end.
    private bool WasEnded(HttpResponseMessage? opened) => opened is not null && Volatile.Read(ref _stream) != opened;
}
