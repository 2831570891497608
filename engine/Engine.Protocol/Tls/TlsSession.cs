using System.ComponentModel;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace Engine.Protocol.Tls;

// Its value tasks are looked at instead of awaited: what they wait for is brought by the thread that looks.
#pragma warning disable CA2012

/// <summary>One side of a TLS connection as a transformation of bytes, by <see cref="SslStream"/>: whoever owns the socket moves them.</summary>
/// <remarks>
/// Never waits, and leaves the caller's thread at no time. One thread receives (<see cref="Room"/>, <see cref="Received"/>,
/// <see cref="TryRead"/>, <see cref="TakeReplies"/>) and at the same time one thread may send (<see cref="Encrypt"/> and what follows it).
/// Nothing can be sent before <see cref="IsEstablished"/>.
/// </remarks>
public sealed class TlsSession : IDisposable
{
    // The most that one record of TLS carries, so that what comes of a record is taken in one go.
    private const int RecordBytes = 16 << 10;

    private readonly SslStream _tls;
    private readonly SealedStream _sealed = new();
    private readonly Task _handshake;
    private readonly byte[] _opened = GC.AllocateUninitializedArray<byte>(RecordBytes);
    private ValueTaskAwaiter<int> _read; // looked at, never waited for
    private bool _reads;

    private TlsSession(Func<SslStream, Task> begin)
    {
        _tls = new SslStream(_sealed, leaveInnerStreamOpen: false);
        _handshake = begin(_tls);
    }

    /// <summary>The side that was connected to.</summary>
    public static TlsSession Server(SslServerAuthenticationOptions options) => new(tls => tls.AuthenticateAsServerAsync(options));

    /// <summary>The side that connects: it begins, so <see cref="TakeReplies"/> has something at once.</summary>
    public static TlsSession Client(SslClientAuthenticationOptions options) => new(tls => tls.AuthenticateAsClientAsync(options));

    /// <summary>Whether the handshake is over and each side knows what it wanted to know of the other.</summary>
    public bool IsEstablished { get; private set; }

    /// <summary>Whether the other side has said that nothing more will come.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>The version agreed on.</summary>
    public SslProtocols Version => _tls.SslProtocol;

    /// <summary>Where the next bytes off the wire belong; not empty.</summary>
    /// <exception cref="InvalidOperationException">What came is not read to its end.</exception>
    public Memory<byte> Room => _sealed.Room;

    /// <summary>Takes the first <paramref name="count"/> bytes of <see cref="Room"/>, which are off the wire now. Read until there is nothing, then.</summary>
    public void Received(int count) => _sealed.Arrived(count);

    /// <summary>Opens what has come.</summary>
    /// <param name="bytes">Valid until the next call.</param>
    /// <returns>False when more must come off the wire first.</returns>
    /// <exception cref="AuthenticationException">The handshake failed. <see cref="TakeReplies"/> may have an alert for the other side.</exception>
    /// <exception cref="IOException">What came is not TLS, or was changed on its way.</exception>
    public bool TryRead(out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (IsEnded || !IsHandshakeOver()) return false;

        if (!_reads)
        {
            _read = _tls.ReadAsync(_opened).GetAwaiter();
            _reads = true;
        }

        if (!_read.IsCompleted) return false;

        _reads = false;
        var count = Conclude();
        IsEnded = count == 0;
        bytes = _opened.AsMemory(0, count);
        return count > 0;
    }

    /// <summary>What the session itself has to say, handshake and alerts, to be sent as it is and before anything else.</summary>
    public ReadOnlySpan<byte> TakeReplies() => _sealed.TakeReplies();

    /// <summary>Encrypts bytes behind what is in <see cref="Encrypted"/> already.</summary>
    /// <exception cref="IOException">There is no session yet, or it is over.</exception>
    public void Encrypt(ReadOnlyMemory<byte> bytes)
    {
        _sealed.BeginEncrypting();
        try
        {
            _tls.WriteAsync(bytes).GetAwaiter().GetResult(); // what is written is kept: nothing waits
        }
        catch (Exception e) when (IsOfTls(e))
        {
            throw new IOException(e.GetBaseException().Message, e);
        }
        finally
        {
            _sealed.EndEncrypting();
        }
    }

    /// <summary>What was encrypted and is still to be sent.</summary>
    public ReadOnlySpan<byte> Encrypted => _sealed.Encrypted;

    /// <summary>Notes that the first <paramref name="count"/> bytes of <see cref="Encrypted"/> were sent; with the last its memory is given back.</summary>
    public void Sent(int count) => _sealed.Sent(count);

    /// <summary>Puts the notice that nothing more will come behind what is in <see cref="Encrypted"/>.</summary>
    /// <exception cref="IOException">There is no session in which that could be said.</exception>
    public void EndSending()
    {
        _sealed.BeginEncrypting();
        try
        {
            _tls.ShutdownAsync().GetAwaiter().GetResult();
        }
        catch (Exception e) when (IsOfTls(e))
        {
            throw new IOException(e.GetBaseException().Message, e);
        }
        finally
        {
            _sealed.EndEncrypting();
        }
    }

    /// <summary>Gives up what is held. Not while another thread is in any method.</summary>
    public void Dispose()
    {
        _sealed.Break();
        // Whatever waited for bytes has now ended, and said why to nobody.
        _ = _handshake.Exception;
        if (_reads && _read.IsCompleted) Forget();
        _tls.Dispose();
        _sealed.Dispose();
    }

    private int Conclude()
    {
        try
        {
            return _read.GetResult();
        }
        catch (Exception e) when (IsOfTls(e))
        {
            throw new IOException(e.GetBaseException().Message, e);
        }
    }

    private void Forget()
    {
        try
        {
            Conclude();
        }
        catch (IOException)
        {
            // As was to be expected: no more came.
        }
    }

    // Besides IOException the library tells of what a peer sent, and of a session that is over, by exceptions of its own.
    private static bool IsOfTls(Exception e) => e is CryptographicException or AuthenticationException or Win32Exception or InvalidOperationException;

    private bool IsHandshakeOver()
    {
        if (IsEstablished) return true;
        if (!_handshake.IsCompleted) return false;

        try
        {
            _handshake.GetAwaiter().GetResult();
            return IsEstablished = true;
        }
        catch (Exception e) when (IsOfTls(e) && e is not AuthenticationException)
        {
            throw new IOException(e.GetBaseException().Message, e);
        }
    }
}
