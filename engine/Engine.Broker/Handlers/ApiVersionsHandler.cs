using Engine.Core;
using Engine.Protocol.Messages;

namespace Engine.Broker.Handlers;

/// <summary>Says what the broker speaks.</summary>
/// <remarks>A version that is not served never gets here: its body cannot be read, so the answer is
/// <see cref="ApiVersionsResponse.NotServed"/> for whatever it holds.</remarks>
internal static class ApiVersionsHandler
{
    public static ApiVersionsResponse Handle(ApiVersionsRequest request, short version) =>
        request.HasValidNames(version)
            ? ApiVersionsResponse.Served
            : new ApiVersionsResponse { Error = ErrorCode.InvalidRequest };
}
