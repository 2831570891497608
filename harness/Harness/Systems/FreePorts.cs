using System.Net;
using System.Net.Sockets;

namespace Harness.Systems;

/// <summary>Ports for processes that must be told theirs before they start.</summary>
internal static class FreePorts
{
    /// <summary>Below those that Linux gives to outgoing connections (ip_local_port_range), which could take one before it is listened on.</summary>
    private const int Lowest = 15_000;
    private const int Highest = 32_000;

    /// <summary>Different ports that nobody listens on at this moment.</summary>
    public static int[] Take(string host, int count)
    {
        var taken = new HashSet<int>();
        for (var attempts = 0; taken.Count < count; attempts++)
        {
            if (attempts > Highest - Lowest) throw new InvalidOperationException($"fewer than {count} ports are free on {host}");
            var port = Random.Shared.Next(Lowest, Highest);
            if (!taken.Contains(port) && IsFree(host, port)) taken.Add(port);
        }

        return [.. taken];
    }

    private static bool IsFree(string host, int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Parse(host), port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
