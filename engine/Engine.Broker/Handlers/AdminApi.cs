using Engine.Protocol.Wire;

namespace Engine.Broker.Handlers;

/// <summary>An API off the hot path: a request value in, a response value out.</summary>
internal interface IAdminApi
{
    ApiKey Key { get; }

    void Handle(Connection connection, in RequestHeader header, ref WireReader body);
}

/// <param name="key">Which API.</param>
/// <param name="read">Decodes the request.</param>
/// <param name="handle">Answers it.</param>
/// <param name="write">Encodes the answer.</param>
/// <param name="mayBlock">
/// Whether answering may wait for a disk or another process. Then it runs on the thread pool, and the connection begins
/// nothing else meanwhile, so that a client that asks on sees what it has just changed.
/// </param>
internal sealed class AdminApi<TRequest, TResponse>(
    ApiKey key, AdminApi<TRequest, TResponse>.Reader read, Func<TRequest, RequestHeader, TResponse> handle,
    AdminApi<TRequest, TResponse>.Writer write, bool mayBlock = false) : IAdminApi
{
    public delegate TRequest Reader(ref WireReader reader, short version);

    public delegate void Writer(TResponse response, ref WireWriter writer, short version);

    public ApiKey Key => key;

    public void Handle(Connection connection, in RequestHeader header, ref WireReader body)
    {
        var request = read(ref body, header.Version);
        var answer = connection.Expect();
        if (!mayBlock)
        {
            Respond(connection, answer, request, header);
            return;
        }

        var asked = header;
        connection.Hold();
        ThreadPool.QueueUserWorkItem(_ => AnswerHeld(connection, answer, request, asked));
    }

    private void AnswerHeld(Connection connection, Answer answer, TRequest request, RequestHeader header)
    {
        try
        {
            Respond(connection, answer, request, header);
            connection.Proceed();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or WireException)
        {
            NodeLog.Warn($"{key} failed: {error.Message}");
            connection.Close();
        }
    }

    private void Respond(Connection connection, Answer answer, TRequest request, RequestHeader header)
    {
        var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        var start = Frame.Begin(ref writer);
        ResponseHeader.Write(ref writer, key, header.Version, header.CorrelationId);
        write(handle(request, header), ref writer, header.Version);
        Frame.End(ref writer, start);
        answer.Add(buffer);
        connection.Complete(answer);
    }
}
