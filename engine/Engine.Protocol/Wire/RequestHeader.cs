namespace Engine.Protocol.Wire;

/// <summary>What stands before every request's body. Source: RequestHeader of KIP-482 (version 2) and before (version
/// 1).</summary>
/// <remarks>The client id stays in the old encoding in both versions; only the tagged fields after it are new.</remarks>
public readonly record struct RequestHeader(ApiKey Api, short Version, int CorrelationId)
{
    /// <summary>Reads the fixed part and skips the client id; the caller ends it with <see cref="ReadEnd"/> once it knows
    /// the encoding.</summary>
    public static RequestHeader Read(ref WireReader reader)
    {
        var header = new RequestHeader((ApiKey)reader.ReadInt16(), reader.ReadInt16(), reader.ReadInt32());
        var clientIdBytes = reader.ReadInt16();
        if (clientIdBytes < -1) throw new WireException($"a client id of {clientIdBytes} bytes");
        if (clientIdBytes > 0) reader.Skip(clientIdBytes);
        return header;
    }

    /// <summary>Ends a header of version 2 (a flexible request) by skipping its tagged fields.</summary>
    public static void ReadEnd(ref WireReader reader) => reader.EndStruct();

    /// <summary>Writes the header as version 2 when <paramref name="writer"/> is flexible, else as version 1.</summary>
    public void Write(ref WireWriter writer, string clientId)
    {
        var flexible = writer.Flexible;
        writer.WriteInt16((short)Api);
        writer.WriteInt16(Version);
        writer.WriteInt32(CorrelationId);
        writer.Flexible = false;
        writer.WriteString(clientId);
        writer.Flexible = flexible;
        writer.EndStruct();
    }
}
