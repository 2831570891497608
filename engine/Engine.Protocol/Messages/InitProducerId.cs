using Engine.Core;
using Engine.Protocol.Wire;

namespace Engine.Protocol.Messages;

/// <summary>Asks for a producer id, under which batches are stored once however often they are sent (KIP-98). Versions
/// 0-4.</summary>
public sealed record InitProducerIdRequest
{
    /// <summary>Null for a producer that is idempotent only.</summary>
    public string? TransactionalId { get; init; }

    public int TransactionTimeoutMs { get; init; }

    /// <summary>The id to raise the epoch of (3+, KIP-360), or -1 for a new one.</summary>
    public long ProducerId { get; init; } = -1;

    /// <summary>3+.</summary>
    public short ProducerEpoch { get; init; } = -1;

    public static InitProducerIdRequest Read(ref WireReader reader, short version)
    {
        reader.Flexible = ApiTable.IsFlexible(ApiKey.InitProducerId, version);
        var request = new InitProducerIdRequest
        {
            TransactionalId = reader.ReadNullableString(),
            TransactionTimeoutMs = reader.ReadInt32(),
            ProducerId = version >= 3 ? reader.ReadInt64() : -1,
            ProducerEpoch = version >= 3 ? reader.ReadInt16() : (short)-1,
        };
        reader.EndStruct();
        return request;
    }

    public void Write(ref WireWriter writer, short version)
    {
        writer.Flexible = ApiTable.IsFlexible(ApiKey.InitProducerId, version);
        writer.WriteNullableString(TransactionalId);
        writer.WriteInt32(TransactionTimeoutMs);
        if (version >= 3)
        {
            writer.WriteInt64(ProducerId);
            writer.WriteInt16(ProducerEpoch);
        }

        writer.EndStruct();
    }
}

/// <summary>The producer's id and epoch. Versions 0-4.</summary>
public sealed record InitProducerIdResponse
{
    public int ThrottleTimeMs { get; init; }

    public ErrorCode Error { get; init; }

    /// <summary>-1 on an error.</summary>
    public long ProducerId { get; init; } = -1;

    public short ProducerEpoch { get; init; }

    public static InitProducerIdResponse Read(ref WireReader reader, short version)
    {
        reader.Flexible = ApiTable.IsFlexible(ApiKey.InitProducerId, version);
        var response = new InitProducerIdResponse
        {
            ThrottleTimeMs = reader.ReadInt32(),
            Error = (ErrorCode)reader.ReadInt16(),
            ProducerId = reader.ReadInt64(),
            ProducerEpoch = reader.ReadInt16(),
        };
        reader.EndStruct();
        return response;
    }

    public void Write(ref WireWriter writer, short version)
    {
        writer.Flexible = ApiTable.IsFlexible(ApiKey.InitProducerId, version);
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteInt16((short)Error);
        writer.WriteInt64(ProducerId);
        writer.WriteInt16(ProducerEpoch);
        writer.EndStruct();
    }
}
