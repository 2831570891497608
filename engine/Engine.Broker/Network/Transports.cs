using Engine.Broker.Network.Epoll;
using Engine.Broker.Network.Threads;
using Engine.Core.Strategies;

namespace Engine.Broker.Network;

/// <summary>The strategies of the network seam.</summary>
internal static class Transports
{
    public static StrategyCatalog<ITransport> Catalog { get; } = new(
        "network",
        new("epoll", "a few event loops on epoll(7) serve all connections", EpollTransport.Create),
        new("threads", "a blocking reader thread a connection, and a writer thread once one is needed", ThreadsTransport.Create));
}
