using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Harness.Load.Wire;

/// <summary>Where a broker listens, and whether it speaks TLS there.</summary>
/// <param name="Host">Its name or address.</param>
/// <param name="Port">Its port.</param>
/// <param name="Authority">The PEM file of who vouches for its certificate; null: plaintext.</param>
internal sealed record BrokerAddress(string Host, int Port, string? Authority = null)
{
    private const string TlsScheme = "ssl://";
    private const string AuthorityMark = "?ca=";

    /// <summary>The forms that <see cref="Parse"/> takes.</summary>
    public const string Form = "host:port, or ssl://host:port?ca=FILE";

    /// <summary>Reads <see cref="Form"/>; null when it is neither.</summary>
    public static BrokerAddress? Parse(string text)
    {
        if (!text.StartsWith(TlsScheme, StringComparison.Ordinal)) return ParsePlain(text);

        var mark = text.IndexOf(AuthorityMark, StringComparison.Ordinal);
        return mark > 0 && mark + AuthorityMark.Length < text.Length && ParsePlain(text[TlsScheme.Length..mark]) is { } plain
            ? plain with { Authority = text[(mark + AuthorityMark.Length)..] }
            : null;
    }

    /// <summary>Another broker of the same cluster, reached in the same way.</summary>
    public BrokerAddress At(string host, int port) => new(host, port, Authority);

    public override string ToString() => Authority is null ? $"{Host}:{Port}" : $"{TlsScheme}{Host}:{Port}";

    /// <summary>The text that <see cref="Parse"/> reads.</summary>
    public static string Text(string host, int port, string? authority) =>
        authority is null ? $"{host}:{port}" : $"{TlsScheme}{host}:{port}{AuthorityMark}{authority}";

    private static BrokerAddress? ParsePlain(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0 && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535
            ? new(text[..colon].Trim('[', ']'), port)
            : null;
    }
}

internal static class Sockets
{
    /// <summary>Connects, with Nagle's algorithm off: a batch that is due must not wait for an acknowledgement of the one before.</summary>
    /// <remarks>
    /// Never asynchronously: that would have .NET's own event loop watch the socket for good and wake its thread, and with
    /// it the thread pool, for every answer that this client waits for by itself. It tripled the cost of an open loop.
    /// </remarks>
    /// <exception cref="LoadException">Nobody listens there, or not in time.</exception>
    public static Socket Connect(BrokerAddress broker, TimeSpan timeout)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SendTimeout = (int)timeout.TotalMilliseconds; // on Linux it limits connect as well (socket(7))
            socket.Connect(broker.Host, broker.Port);
            if (socket.RemoteEndPoint is IPEndPoint { Address: var address } && IPAddress.IsLoopback(address)) SendUnpaced(socket);
            return socket;
        }
        catch (SocketException problem)
        {
            socket.Dispose();
            throw new LoadException($"cannot connect to {broker}: {problem.Message}");
        }
    }

    /// <summary>Spares loopback the timers of a congestion control that paces (BBR): there is no network to be gentle to.</summary>
    private static void SendUnpaced(Socket socket)
    {
        const int tcp = 6;
        const int congestion = 13; // TCP_CONGESTION, tcp(7)
        try
        {
            socket.SetRawSocketOption(tcp, congestion, "reno"u8);
        }
        catch (SocketException)
        {
            // The kernel's own choice stays.
        }
    }
}
