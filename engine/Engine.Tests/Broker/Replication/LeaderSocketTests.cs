using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Engine.Broker.Replication;

namespace Engine.Tests.Broker.Replication;

public sealed class LeaderSocketTests
{
    private const int NonBlocking = 0x800; // O_NONBLOCK

    /// <summary>Else each receive of a follower would go through two threads of the runtime, one of which spins: far dearer than what it fetches.</summary>
    [Fact]
    public void Connect_GivesASocketThatWaitsInTheKernel()
    {
        using var leader = Listen(backlog: 8);
        using var socket = LeaderSocket.Connect("127.0.0.1", PortOf(leader), CancellationToken.None);

        Assert.Equal(0, FlagsOf(socket) & NonBlocking);
    }

    [Fact]
    public async Task Connect_ToldToStopWhileNobodyTakesIt_Stops()
    {
        using var leader = Listen(backlog: 0);
        using var waiting = new WaitingClients(leader);
        using var stop = new CancellationTokenSource();
        var connecting = Task.Factory.StartNew(() => LeaderSocket.Connect("127.0.0.1", PortOf(leader), stop.Token), TaskCreationOptions.LongRunning);
        Assert.NotSame(connecting, await Task.WhenAny(connecting, Task.Delay(200)));

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
    }

    [Fact]
    public void Connect_ToNobody_IsRefused()
    {
        using var leader = Listen(backlog: 1);
        var port = PortOf(leader);
        leader.Dispose();

        Assert.Throws<SocketException>(() => LeaderSocket.Connect("127.0.0.1", port, CancellationToken.None));
    }

    private static Socket Listen(int backlog)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(backlog);
        return listener;
    }

    private static int PortOf(Socket listener) => ((IPEndPoint)listener.LocalEndPoint!).Port;

    /// <summary>The flags of the open file as the kernel has them. Source: proc_pid_fdinfo(5), octal.</summary>
    private static int FlagsOf(Socket socket)
    {
        var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{socket.Handle}")).First(line => line.StartsWith("flags:", StringComparison.Ordinal));
        return Convert.ToInt32(line["flags:".Length..].Trim(), 8);
    }

    /// <summary>As many clients as a listener keeps in line, so that it takes no other until one of these is accepted.</summary>
    private sealed class WaitingClients : IDisposable
    {
        private readonly List<Socket> _clients = [];

        public WaitingClients(Socket listener)
        {
            do
            {
                _clients.Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            }
            while (_clients[^1].ConnectAsync(listener.LocalEndPoint!).Wait(TimeSpan.FromSeconds(1)));
        }

        public void Dispose()
        {
            foreach (var client in _clients) client.Dispose();
        }
    }
}
