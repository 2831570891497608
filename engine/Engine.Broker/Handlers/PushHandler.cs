using System.Collections.Concurrent;
using Engine.Broker.Cluster;
using Engine.Broker.Partitions;
using Engine.Broker.Replication;
using Engine.Protocol.Wire;

namespace Engine.Broker.Handlers;

/// <summary>Push (ours, between brokers): a follower says what it wants pushed and what it holds. Every node serves it, however it follows itself.</summary>
internal sealed class PushHandler(PartitionTable partitions, ISession session)
{
    private readonly ConcurrentDictionary<int, Connection> _followers = new();

    public void Handle(Connection connection, ref WireReader body, ReadOnlySpan<byte> frame)
    {
        if (connection.Stream is PushStream stream)
        {
            stream.Received(ref body, frame);
            return;
        }

        connection.Stream = stream = new PushStream(connection, partitions, session);
        stream.Received(ref body, frame);
        // A follower has one stream. An older one is what a cut network or a dead process has left; it would be served in vain.
        if (_followers.TryGetValue(stream.ReplicaId, out var before)) before.Close();
        _followers[stream.ReplicaId] = connection;
    }
}
