using System.Net.Sockets;
using System.Security.Authentication;
using Engine.Protocol.Tls;

namespace Harness.Load.Wire;

/// <summary>What a <see cref="Link"/> over TLS has between its buffers and its socket. Never waits once it is made.</summary>
internal sealed unsafe class LinkTls : IDisposable
{
    private const int StepBytes = 64 << 10;

    private readonly BrokerAddress _broker;
    private readonly int _socket;
    private readonly TlsSession _session;
    private readonly byte[] _step = new byte[StepBytes];
    private ReadOnlyMemory<byte> _opened;

    /// <summary>Shakes hands, which waits for the broker.</summary>
    /// <exception cref="LoadException">It is not who it should be, does not speak TLS, or does not answer in time.</exception>
    public LinkTls(Socket socket, BrokerAddress broker, TimeSpan timeout)
    {
        (_broker, _socket) = (broker, (int)socket.Handle);
        _session = TlsSession.Client(TlsTrust.OptionsFor(broker));
        try
        {
            socket.ReceiveTimeout = (int)timeout.TotalMilliseconds;
            ShakeHands(socket);
        }
        catch (Exception problem)
        {
            _session.Dispose();
            if (problem is AuthenticationException or IOException or SocketException) throw TlsTrust.Refused(broker, problem);
            throw;
        }
    }

    /// <summary>Whether something is encrypted that the socket had no room for.</summary>
    public bool HasUnsent => !_session.Encrypted.IsEmpty;

    /// <summary>Whether the last <see cref="Receive"/> took as much as it could.</summary>
    public bool MayHoldMore { get; private set; }

    /// <summary>Sends what is encrypted, then takes some of the pieces; how much of them, and otherwise as <see cref="Syscalls.Send"/>.</summary>
    public int Send(ReadOnlySpan<IoVector> pieces)
    {
        if (HasUnsent && Flush() is < 0 and var stuck) return stuck;
        if (pieces.IsEmpty) return 0;

        var taken = 0;
        foreach (var piece in pieces)
        {
            var count = (int)Math.Min(piece.Length, (nuint)(StepBytes - taken));
            new ReadOnlySpan<byte>(piece.Bytes, count).CopyTo(_step.AsSpan(taken));
            taken += count;
        }

        Encrypt(_step.AsMemory(0, taken));
        return Flush() == Syscalls.Lost ? Syscalls.Lost : taken;
    }

    /// <summary>Receives once, to be read then until there is nothing; answers as <see cref="Syscalls.Receive"/>.</summary>
    public int Receive()
    {
        if (_session.IsEnded) return 0;

        var room = _session.Room.Span;
        var received = Syscalls.Receive(_socket, room);
        MayHoldMore = received == room.Length;
        if (received > 0) _session.Received(received);
        return received;
    }

    /// <summary>What has come and was not taken; empty when more must be received first.</summary>
    /// <exception cref="LoadException">It is not TLS, or was changed on its way.</exception>
    public ReadOnlySpan<byte> Opened
    {
        get
        {
            try
            {
                if (_opened.IsEmpty) _session.TryRead(out _opened); // which empties it where there is nothing
                return _opened.Span;
            }
            catch (IOException problem)
            {
                throw Lost(problem);
            }
        }
    }

    /// <summary>Notes that the first <paramref name="count"/> bytes of <see cref="Opened"/> were taken.</summary>
    public void Take(int count) => _opened = _opened[count..];

    public void Dispose() => _session.Dispose();

    private int Flush()
    {
        while (HasUnsent)
        {
            int sent;
            fixed (byte* start = _session.Encrypted)
                sent = Syscalls.Send(_socket, [new IoVector { Bytes = start, Length = (nuint)_session.Encrypted.Length }]);
            if (sent < 0) return sent;
            _session.Sent(sent);
        }

        return 0;
    }

    private void ShakeHands(Socket socket)
    {
        while (true)
        {
            var established = !_session.TryRead(out _opened) && _session.IsEstablished;
            for (var reply = _session.TakeReplies(); !reply.IsEmpty;) reply = reply[socket.Send(reply)..];
            if (established || !_opened.IsEmpty) return;

            var received = socket.Receive(_session.Room.Span);
            if (received == 0) throw new IOException("it closed the connection during the handshake");
            _session.Received(received);
        }
    }

    private void Encrypt(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            _session.Encrypt(bytes);
        }
        catch (IOException problem)
        {
            throw Lost(problem);
        }
    }

    private LoadException Lost(Exception problem) => new($"the connection to {_broker} is lost: TLS: {problem.GetBaseException().Message}");
}
