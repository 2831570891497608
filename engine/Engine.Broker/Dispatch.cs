using Engine.Broker.Handlers;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;

namespace Engine.Broker;

/// <summary>From a frame to the handler of its API: the hot two by name, the others from a table.</summary>
internal sealed class Dispatch(ProduceHandler produce, FetchHandler fetch, PushHandler push, IReadOnlyList<IAdminApi> admin)
{
    private readonly Dictionary<ApiKey, IAdminApi> _admin = admin.ToDictionary(api => api.Key);

    /// <summary>Begins the request in <paramref name="frame"/>, whose bytes are the callee's only during the call.</summary>
    /// <exception cref="WireException">The bytes are no request that this broker serves; the connection is closed.</exception>
    public void Handle(Connection connection, Span<byte> frame)
    {
        var body = new WireReader(frame);
        var header = RequestHeader.Read(ref body);
        if (!ApiTable.TryGet(header.Api, out var api) || (api.IsBetweenBrokers && connection.Listener != ListenerKind.InterBroker)) throw new WireException($"an unknown API key {(short)header.Api}");
        if (!api.Serves(header.Version))
        {
            if (header.Api != ApiKey.ApiVersions)
                throw new WireException($"{api.Name} version {header.Version}, of which {api.MinVersion} to {api.MaxVersion} are served");

            TellVersions(connection, header.CorrelationId);
            return;
        }

        body.Flexible = ApiTable.IsFlexible(header.Api, header.Version);
        RequestHeader.ReadEnd(ref body);
        switch (header.Api)
        {
            case ApiKey.Produce: produce.Handle(connection, header, ref body, frame); break;
            case ApiKey.Fetch: fetch.Handle(connection, header, ref body, frame); break;
            case ApiKey.Push: push.Handle(connection, ref body, frame); break;
            default: _admin[header.Api].Handle(connection, header, ref body); break;
        }
    }

    /// <summary>The one version mistake that is answered: how else would a newer client learn what is served? Source: KIP-511.</summary>
    private static void TellVersions(Connection connection, int correlationId)
    {
        var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        var start = Frame.Begin(ref writer);
        ResponseHeader.Write(ref writer, ApiKey.ApiVersions, 0, correlationId);
        ApiVersionsResponse.NotServed.Write(ref writer, 0);
        Frame.End(ref writer, start);

        var answer = connection.Expect();
        answer.Add(buffer);
        connection.Complete(answer);
    }
}
