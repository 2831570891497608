using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using Engine.Broker.Metadata.Etcd;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Broker.Metadata.Etcd;

/// <summary>A test that needs an etcd; skipped, with the reason, where there is none.</summary>
public sealed class EtcdFactAttribute : FactAttribute
{
    public EtcdFactAttribute() => Skip = EtcdServer.WhatIsMissing!;
}

/// <summary>An etcd of one member, with its data in a folder of its own. Disposing kills it.</summary>
internal sealed class EtcdServer : IDisposable
{
    private static readonly Lazy<string?> Missing = new(Look);
    private static readonly Lazy<EtcdServer> ForAll = new(() =>
    {
        var server = new EtcdServer();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.Dispose();
        return server;
    });

    private static int _clusters;

    private readonly TemporaryFolder _folder = TemporaryFolder.InMemory();
    private readonly int _clientPort;
    private readonly int _peerPort;
    private readonly string[] _options;
    private ChildProcess _process;

    /// <param name="options">Further ones, as etcd's command line takes them.</param>
    public EtcdServer(params string[] options)
    {
        _options = options;
        // Between being found free and being listened on a port may be taken by another's etcd: then others are tried.
        for (var attempt = 1; ; attempt++)
        {
            (_clientPort, _peerPort) = (FreePort(), FreePort());
            _process = Launch();
            if (TryWaitUntilReady()) return;
            if (attempt == 5) Assert.Fail($"etcd ended: {_process.ErrorsTail}");
            _process.Dispose();
        }
    }

    /// <summary>Why there can be no etcd here; null when there can.</summary>
    public static string? WhatIsMissing => Missing.Value;

    /// <summary>The one for all tests that leave it running; each has a prefix of its own.</summary>
    public static EtcdServer Shared => ForAll.Value;

    public string Endpoint => $"127.0.0.1:{_clientPort}";

    /// <summary>The store's text for a cluster that nobody else uses.</summary>
    public string NewCluster(string parameters = "") =>
        $"etcd(endpoints={Endpoint}, prefix=/test/{Interlocked.Increment(ref _clusters)}{(parameters.Length > 0 ? ", " : "")}{parameters})";

    /// <summary>What the keys of such a cluster begin with.</summary>
    public static string PrefixOf(string cluster) => cluster.Split("prefix=")[1].TrimEnd(')');

    /// <summary>kill -9.</summary>
    public void Kill() => _process.Dispose();

    /// <summary>SIGSTOP: connections stay, and nothing is answered.</summary>
    public void Pause() => ProcessSignals.Pause(_process.Id);

    public void Continue() => ProcessSignal.Continue.Send(_process.Id);

    /// <summary>Starts it again on the same data.</summary>
    public void Restart()
    {
        _process = Launch();
        Assert.True(TryWaitUntilReady(), $"etcd ended: {_process.ErrorsTail}");
    }

    /// <summary>Speaks to it past any store.</summary>
    public EtcdClient Connect() => new([Endpoint], TimeSpan.FromSeconds(30));

    public void Dispose()
    {
        _process.Dispose();
        _folder.Dispose();
    }

    private ChildProcess Launch() => new("etcd",
    [
        "--data-dir", _folder.File("data"), "--listen-client-urls", $"http://127.0.0.1:{_clientPort}", "--advertise-client-urls", $"http://127.0.0.1:{_clientPort}",
        "--listen-peer-urls", $"http://127.0.0.1:{_peerPort}", "--initial-advertise-peer-urls", $"http://127.0.0.1:{_peerPort}",
        "--initial-cluster", $"default=http://127.0.0.1:{_peerPort}", .. _options,
    ]);

    /// <summary>False when it ended instead.</summary>
    private bool TryWaitUntilReady()
    {
        using var http = new HttpClient();
        Until.True(() =>
        {
            if (_process.HasExited) return true;
            try
            {
                using var answer = http.Send(new HttpRequestMessage(HttpMethod.Get, $"http://{Endpoint}/health"));
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, () => $"etcd is ready: {_process.ErrorsTail}");
        return !_process.HasExited;
    }

    // Not one of those that the system gives to connections and listeners that ask for any: it would be taken before etcd does, or between its lives.
    private static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Another one, then.
            }
        }
    }

    private static string? Look()
    {
        try
        {
            using var process = new ChildProcess("etcd", ["--version"]);
            return process.WaitForExit(TimeSpan.FromSeconds(30)) == 0 ? null : "etcd does not run here";
        }
        catch (Win32Exception)
        {
            return "etcd is not installed (Debian: etcd-server)";
        }
    }
}
