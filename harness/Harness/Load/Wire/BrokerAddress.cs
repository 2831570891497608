using System.Globalization;
using System.Net.Sockets;

namespace Harness.Load.Wire;

/// <summary>Where a broker listens.</summary>
internal sealed record BrokerAddress(string Host, int Port)
{
    /// <summary>Reads <c>host:port</c>; null when it is none.</summary>
    public static BrokerAddress? Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0 && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535
            ? new(text[..colon].Trim('[', ']'), port)
            : null;
    }

    public override string ToString() => $"{Host}:{Port}";
}

internal static class Sockets
{
    /// <summary>Connects, with Nagle's algorithm off: a batch that is due must not wait for an acknowledgement of the one before.</summary>
    /// <exception cref="LoadException">Nobody listens there, or not in time.</exception>
    public static Socket Connect(BrokerAddress broker, TimeSpan timeout)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var deadline = new CancellationTokenSource(timeout);
            socket.ConnectAsync(broker.Host, broker.Port, deadline.Token).AsTask().GetAwaiter().GetResult();
            return socket;
        }
        catch (Exception problem) when (problem is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            throw new LoadException($"cannot connect to {broker}: {(problem is SocketException ? problem.Message : "no answer in time")}");
        }
    }
}
