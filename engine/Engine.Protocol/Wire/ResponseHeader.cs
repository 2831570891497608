using Engine.Protocol.Messages;

namespace Engine.Protocol.Wire;

/// <summary>What stands before every response's body: whose answer it is. Versions 0 and 1 of KIP-482.</summary>
public static class ResponseHeader
{
    /// <summary>Writes the header that fits the request's version.</summary>
    public static void Write(ref WireWriter writer, ApiKey api, short version, int correlationId)
    {
        writer.WriteInt32(correlationId);
        writer.Flexible = ApiTable.HasFlexibleResponseHeader(api, version);
        writer.EndStruct();
    }

    /// <summary>Reads the whole header of an answer to a request of this version; gives its correlation id.</summary>
    public static int Read(ref WireReader reader, ApiKey api, short version)
    {
        var correlationId = reader.ReadInt32();
        reader.Flexible = ApiTable.HasFlexibleResponseHeader(api, version);
        reader.EndStruct();
        return correlationId;
    }
}
