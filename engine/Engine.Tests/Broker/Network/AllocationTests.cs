using Engine.Broker.Network;
using Engine.Tests.Allocation;

namespace Engine.Tests.Broker.Network;

[Collection(nameof(Alone))] // blocks come from the pool that the process shares, and a contended lock allocates
public sealed class AllocationTests
{
    private const int WarmUp = 2_000;
    private const int Rounds = 5_000;

    public static TheoryData<string> AllTransports => Host.AllTransports;

    [Theory, MemberData(nameof(AllTransports))]
    public void RoundTrip_OnceWarm_AllocatesNothingOnTheTransportsThread(string transport)
    {
        const int BodyBytes = 3000;
        using var owners = new Owners(BodyBytes);
        var (file, memory) = (owners.File(0, BodyBytes), owners.Memory(0, BodyBytes));
        var meter = new AllocationMeter(WarmUp, Rounds);
        using var host = new Host(transport, connection => new Plain(() =>
        {
            meter.NextRound();
            connection.BeginSend();
            connection.Send(Engine.Core.Memory.BlockPool.Shared.Rent(100), 100, more: true);
            connection.Send(file, more: true);
            connection.Send(memory, more: false);
            connection.EndSend();
        }));
        var client = host.Connect();
        var (request, answer) = (new byte[500], new byte[100 + (2 * BodyBytes)]);

        for (var i = 0; i <= meter.TotalRounds; i++)
        {
            client.SendAll(request);
            for (var at = 0; at < answer.Length;) at += client.Receive(answer.AsSpan(at));
        }

        Assert.Equal(0, meter.LeastBytes);
    }

    [Theory, MemberData(nameof(AllTransports))]
    public async Task Send_FromAnotherThreadOnceWarm_AllocatesNothingThere(string transport)
    {
        var made = new TaskCompletionSource<ITransportConnection>();
        using var host = new Host(transport, connection =>
        {
            made.SetResult(connection);
            return new Plain(() => { });
        });
        var client = host.Connect();
        var connection = await made.Task.WaitAsync(Host.Patience);
        var acknowledgement = new byte[50];
        var allocated = -1L;
        var sender = new Thread(() => allocated = new AllocationMeter(WarmUp, Rounds).Measure(_ =>
        {
            connection.Send(Engine.Core.Memory.BlockPool.Shared.Rent(50), 50, more: false);
            for (var at = 0; at < 50;) at += client.Receive(acknowledgement.AsSpan(at));
        }));
        sender.Start();
        sender.Join();

        Assert.Equal(0, allocated);
    }

    private sealed class Plain(Action onRequest) : IConnectionHandler
    {
        public int BytesWanted => 500;

        public int Received(Span<byte> bytes)
        {
            onRequest();
            return 500;
        }

        public void Closed()
        {
        }
    }
}
