using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using Engine.Broker;
using Engine.Broker.Metadata;
using Engine.Broker.Network;
using Engine.Storage;
using Engine.Storage.Cache;

const int unusable = 2;

var problems = new List<string>();
var options = BrokerOptions.Parse(args, problems);
problems.AddRange(options.Problems());
if (problems.Count > 0)
{
    foreach (var problem in problems) Console.Error.WriteLine(problem);
    return unusable;
}

if (options.CheckOnly)
{
    Console.Out.WriteLine(JsonSerializer.Serialize(options.Resolved()));
    return 0;
}

using var stop = new ManualResetEventSlim();
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);

try
{
    CacheCounts cache;
    using (var node = BrokerNode.Start(options))
    {
        Console.Out.WriteLine("ready " + JsonSerializer.Serialize(new
        {
            nodeId = options.NodeId,
            listen = node.ClientEndpoint.ToString(),
            interBroker = node.InterBrokerEndpoint.ToString(),
            pid = Environment.ProcessId,
            config = options.Resolved(),
        }));
        if (options.StopWithStdin) new Thread(WaitForEndOfInput) { Name = "stdin", IsBackground = true }.Start();
        stop.Wait();
        cache = node.CacheCounts;
    }

    // For whoever measures: what the batch cache was worth, once the node has stopped cleanly.
    Console.Out.WriteLine("stopped " + JsonSerializer.Serialize(new
    {
        cacheHits = cache.Hits,
        cacheMisses = cache.Misses,
        cacheHeldBytes = cache.HeldBytes,
        cacheBudgetBytes = cache.BudgetBytes,
    }));
    return 0;
}
catch (Exception error) when (error is DataFolderException or MetadataException or TlsException or SocketException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(error is SocketException
        ? $"cannot listen on {options.Listen} or {options.InterBroker}: {error.Message}"
        : error.Message);
    return unusable;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Set();
}

void WaitForEndOfInput()
{
    while (Console.In.Read() >= 0) { }
    stop.Set();
}
