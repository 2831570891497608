using Engine.Broker.Cluster;
using Engine.Broker.Partitions;
using Engine.Broker.Waiting;
using Engine.Core.Acks;
using Engine.Protocol.Wire;

namespace Engine.Broker.Handlers;

/// <summary>Produce (key 0): batches in, offsets out once acks are met.</summary>
internal sealed class ProduceHandler
{
    public ProduceHandler(PartitionTable partitions, Deadlines deadlines, AckRules acks, ISession session)
    {
        (Partitions, Deadlines, Acks, Session) = (partitions, deadlines, acks, session);
        Operations = new Pool<ProduceOperation>(() => new ProduceOperation(this));
    }

    public PartitionTable Partitions { get; }

    public Deadlines Deadlines { get; }

    public AckRules Acks { get; }

    public ISession Session { get; }

    public Pool<ProduceOperation> Operations { get; }

    public void Handle(Connection connection, in RequestHeader header, ref WireReader body, Span<byte> frame) =>
        Operations.Rent().Start(connection, header, ref body, frame);
}
