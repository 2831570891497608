using Engine.Broker.Metadata;
using Engine.Core;
using Engine.Core.Cluster;
using Engine.Protocol.Messages;

namespace Engine.Broker.Handlers;

/// <summary>Gives idempotent producers ids that no other producer of the cluster ever had.</summary>
/// <remarks>Ids come from blocks that the metadata store hands out, so the store is asked once in a thousand producers. What is
/// left of a block when the node stops is lost: there are enough.</remarks>
internal sealed class InitProducerIdHandler(IMetadataStore store)
{
    public const int BlockSize = 1000;

    private readonly Lock _gate = new();
    private long _next;
    private long _end;

    public InitProducerIdResponse Handle(InitProducerIdRequest request)
    {
        if (request.ProducerId == -1 != (request.ProducerEpoch == -1) || request.TransactionalId is "")
            return new InitProducerIdResponse { Error = ErrorCode.InvalidRequest, ProducerEpoch = -1 };

        // Transactions are not offered. Most errors make librdkafka ask again every half second for ever, UNSUPPORTED_VERSION
        // among them; this one it and Kafka's Java client give to the application at once.
        if (request.TransactionalId is not null)
            return new InitProducerIdResponse { Error = ErrorCode.TransactionalIdAuthorizationFailed, ProducerEpoch = -1 };

        // A producer that names its old id gets a new one too: without a transaction there is nothing to fence (KIP-360).
        return new InitProducerIdResponse { ProducerId = Allocate(), ProducerEpoch = 0 };
    }

    private long Allocate()
    {
        lock (_gate)
        {
            if (_next == _end)
            {
                store.Update(state =>
                {
                    (_next, _end) = (state.NextProducerId, state.NextProducerId + BlockSize);
                    return [new ProducerIdsAllocated(_end)];
                });
            }

            return _next++;
        }
    }
}
