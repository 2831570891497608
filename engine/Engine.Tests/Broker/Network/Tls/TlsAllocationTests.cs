using System.Net.Security;
using System.Net.Sockets;
using Engine.Broker.Network;
using Engine.Core.Memory;
using Engine.Tests.Allocation;

namespace Engine.Tests.Broker.Network.Tls;

[Collection(nameof(Alone))] // blocks come from the pool that the process shares, and a contended lock allocates
public sealed class TlsAllocationTests
{
    public static TheoryData<string> AllTransports => Host.AllTransports;

    [Theory, MemberData(nameof(AllTransports))]
    public void RoundTrip_OverTlsOnceWarm_AllocatesNothingOnTheTransportsThread(string transport)
    {
        const int BodyBytes = 3000, RequestBytes = 500;
        using var certificate = new TestCertificate();
        using var owners = new Owners(BodyBytes);
        var (file, memory) = (owners.File(0, BodyBytes), owners.Memory(0, BodyBytes));
        var meter = new AllocationMeter(warmUp: 1_000, rounds: 2_000);
        using var host = new Host(transport, connection => new Answering(RequestBytes, () =>
        {
            meter.NextRound();
            connection.BeginSend();
            connection.Send(BlockPool.Shared.Rent(100), 100, more: true);
            connection.Send(file, more: true);
            connection.Send(memory, more: false);
            connection.EndSend();
        }), certificate.Server());
        using var client = new SslStream(new NetworkStream(host.Connect()));
        client.AuthenticateAsClient(certificate.Client());
        var (request, answer) = (new byte[RequestBytes], new byte[100 + (2 * BodyBytes)]);

        for (var i = 0; i <= meter.TotalRounds; i++)
        {
            client.Write(request);
            client.ReadExactly(answer);
        }

        Assert.Equal(0, meter.LeastBytes);
    }

    private sealed class Answering(int requestBytes, Action onRequest) : IConnectionHandler
    {
        public int BytesWanted => requestBytes;

        public int Received(Span<byte> bytes)
        {
            onRequest();
            return requestBytes;
        }

        public void Closed()
        {
        }
    }
}
