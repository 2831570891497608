using Engine.Broker.Cluster;
using Engine.Broker.Partitions;
using Engine.Broker.Waiting;
using Engine.Protocol.Wire;

namespace Engine.Broker.Handlers;

/// <summary>Fetch (key 1), for consumers and, on the inter-broker listener, for followers.</summary>
/// <remarks>
/// No fetch sessions: session 0 is answered, and every client then names its partitions each time (KIP-227 allows it).
/// </remarks>
internal sealed class FetchHandler
{
    public FetchHandler(PartitionTable partitions, Deadlines deadlines, ISession session)
    {
        (Partitions, Deadlines, Session) = (partitions, deadlines, session);
        Operations = new Pool<FetchOperation>(() => new FetchOperation(this));
    }

    public PartitionTable Partitions { get; }

    public Deadlines Deadlines { get; }

    public ISession Session { get; }

    public Pool<FetchOperation> Operations { get; }

    public void Handle(Connection connection, in RequestHeader header, ref WireReader body, Span<byte> frame) =>
        Operations.Rent().Start(connection, header, frame[body.Position..]);
}
