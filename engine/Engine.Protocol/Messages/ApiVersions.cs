using Engine.Core;
using Engine.Protocol.Wire;

namespace Engine.Protocol.Messages;

/// <summary>Asks what the broker speaks; the first request on a connection. Versions 0-4 (KIP-35, KIP-511).</summary>
public sealed record ApiVersionsRequest
{
    /// <summary>The client's name (3+); letters, digits, dots and dashes.</summary>
    public string ClientSoftwareName { get; init; } = "";

    /// <summary>The client's version (3+); the same characters.</summary>
    public string ClientSoftwareVersion { get; init; } = "";

    public static ApiVersionsRequest Read(ref WireReader reader, short version)
    {
        reader.Flexible = ApiTable.IsFlexible(ApiKey.ApiVersions, version);
        var request = new ApiVersionsRequest
        {
            ClientSoftwareName = version >= 3 ? reader.ReadString() : "",
            ClientSoftwareVersion = version >= 3 ? reader.ReadString() : "",
        };
        reader.EndStruct();
        return request;
    }

    public void Write(ref WireWriter writer, short version)
    {
        writer.Flexible = ApiTable.IsFlexible(ApiKey.ApiVersions, version);
        if (version >= 3)
        {
            writer.WriteString(ClientSoftwareName);
            writer.WriteString(ClientSoftwareVersion);
        }

        writer.EndStruct();
    }

    /// <summary>Whether a client that must say its name (3+) said one that is allowed; else the answer is
    /// INVALID_REQUEST.</summary>
    public bool HasValidNames(short version) => version < 3 || (IsValid(ClientSoftwareName) && IsValid(ClientSoftwareVersion));

    // [a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])? of KIP-511.
    private static bool IsValid(string name) =>
        name.Length > 0 && char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1]) &&
        name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.');
}

/// <summary>Which requests the broker serves, in which versions. Versions 0-4.</summary>
/// <remarks>Its header is always of version 0. The tagged fields (features, KIP-584) are left out.</remarks>
public sealed record ApiVersionsResponse
{
    public ErrorCode Error { get; init; }

    public IReadOnlyList<ApiVersionRange> Apis { get; init; } = [];

    /// <summary>From version 1 on.</summary>
    public int ThrottleTimeMs { get; init; }

    /// <summary>What this engine serves.</summary>
    public static ApiVersionsResponse Served { get; } = new() { Apis = [.. ApiTable.All.ToArray().Select(Range)] };

    /// <summary>
    /// The answer to an ApiVersions request of a version that is not served: to be written as version 0, whatever was
    /// asked, for that is the one layout that every client can read. It names nothing but the versions to ask again with.
    /// </summary>
    public static ApiVersionsResponse NotServed { get; } = new()
    {
        Error = ErrorCode.UnsupportedVersion,
        Apis = [.. Served.Apis.Where(api => api.Api == ApiKey.ApiVersions)],
    };

    /// <summary>Reads an answer; one with UNSUPPORTED_VERSION has the layout of version 0 whatever was asked.</summary>
    public static ApiVersionsResponse Read(ref WireReader reader, short version)
    {
        var error = (ErrorCode)reader.ReadInt16();
        if (error == ErrorCode.UnsupportedVersion) version = 0;
        reader.Flexible = ApiTable.IsFlexible(ApiKey.ApiVersions, version);
        var response = new ApiVersionsResponse
        {
            Error = error,
            Apis = reader.ReadList(version, ApiVersionRange.Read),
            ThrottleTimeMs = version >= 1 ? reader.ReadInt32() : 0,
        };
        reader.EndStruct();
        return response;
    }

    public void Write(ref WireWriter writer, short version)
    {
        writer.Flexible = ApiTable.IsFlexible(ApiKey.ApiVersions, version);
        writer.WriteInt16((short)Error);
        writer.WriteList(Apis, version, ApiVersionRange.Write);
        if (version >= 1) writer.WriteInt32(ThrottleTimeMs);
        writer.EndStruct();
    }

    private static ApiVersionRange Range(Api api) => new(api.Key, api.AdvertisedMin, api.MaxVersion);
}

/// <summary>One request kind and the versions of it that are served.</summary>
public sealed record ApiVersionRange(ApiKey Api, short MinVersion, short MaxVersion)
{
    internal static ApiVersionRange Read(ref WireReader reader, short version)
    {
        var range = new ApiVersionRange((ApiKey)reader.ReadInt16(), reader.ReadInt16(), reader.ReadInt16());
        reader.EndStruct();
        return range;
    }

    internal static void Write(ApiVersionRange range, ref WireWriter writer, short version)
    {
        writer.WriteInt16((short)range.Api);
        writer.WriteInt16(range.MinVersion);
        writer.WriteInt16(range.MaxVersion);
        writer.EndStruct();
    }
}
