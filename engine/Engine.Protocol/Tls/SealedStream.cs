using System.Buffers;
using System.Threading.Tasks.Sources;

namespace Engine.Protocol.Tls;

/// <summary>The wire's side of a <see cref="TlsSession"/>: a stream whose reads wait until bytes are brought, and whose writes are kept until they are fetched.</summary>
/// <remarks>
/// A read that waits goes on in <see cref="Arrived"/>, on the thread that calls it. What is written while that thread or another encrypts
/// is kept apart from what the session says by itself.
/// </remarks>
internal sealed class SealedStream : Stream, IValueTaskSource<int>
{
    private ManualResetValueTaskSourceCore<int> _arrival;
    private Memory<byte> _room;
    private bool _waits;
    private bool _broken;
    private Kept _replies;
    private Kept _encrypted;
    private int _encryptingThread;

    public Memory<byte> Room => _waits ? _room : throw new InvalidOperationException("what came over TLS was not read to its end");

    public ReadOnlySpan<byte> Encrypted => _encrypted.Bytes;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Gives whoever reads the first <paramref name="count"/> bytes of <see cref="Room"/>; 0: there will be no more.</summary>
    public void Arrived(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)Room.Length);
        _waits = false;
        _arrival.SetResult(count);
    }

    /// <summary>Ends a read that waits.</summary>
    public void Break()
    {
        _broken = true;
        if (!_waits) return;

        _waits = false;
        _arrival.SetException(new IOException("the connection has ended"));
    }

    public ReadOnlySpan<byte> TakeReplies() => _replies.TakeAll();

    public void BeginEncrypting() => Volatile.Write(ref _encryptingThread, Environment.CurrentManagedThreadId);

    public void EndEncrypting() => Volatile.Write(ref _encryptingThread, 0);

    public void Sent(int count) => _encrypted.Drop(count);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_broken) return ValueTask.FromException<int>(new IOException("the connection has ended"));
        if (buffer.IsEmpty) return new(0); // asked only to be told when something is there; the real question follows

        _arrival.Reset();
        (_room, _waits) = (buffer, true);
        return new(this, _arrival.Version);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (Volatile.Read(ref _encryptingThread) == Environment.CurrentManagedThreadId) _encrypted.Add(buffer);
        else _replies.Add(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("nothing waits here");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    int IValueTaskSource<int>.GetResult(short token) => _arrival.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _arrival.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _arrival.OnCompleted(continuation, state, token, flags);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _replies.GiveBack();
            _encrypted.GiveBack();
        }

        base.Dispose(disposing);
    }

    /// <summary>Bytes that wait to be fetched, in an array that is rented while there are any.</summary>
    private struct Kept
    {
        private byte[]? _bytes;
        private int _start;
        private int _end;

        public readonly ReadOnlySpan<byte> Bytes => _bytes.AsSpan(_start, _end - _start);

        public void Add(ReadOnlySpan<byte> bytes)
        {
            if (_bytes is null || _bytes.Length - _end < bytes.Length) Grow(bytes.Length);
            bytes.CopyTo(_bytes.AsSpan(_end));
            _end += bytes.Length;
        }

        public void Drop(int count)
        {
            _start += count;
            if (_start == _end) GiveBack();
        }

        /// <summary>All there is, which is forgotten here.</summary>
        public ReadOnlySpan<byte> TakeAll()
        {
            var all = Bytes.IsEmpty ? default : Bytes.ToArray(); // only a handshake's, or an alert
            GiveBack();
            return all;
        }

        public void GiveBack()
        {
            if (_bytes is not null) ArrayPool<byte>.Shared.Return(_bytes);
            (_bytes, _start, _end) = (null, 0, 0);
        }

        private void Grow(int more)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_end - _start + more, 4 << 10));
            var kept = Bytes.Length;
            Bytes.CopyTo(larger);
            if (_bytes is not null) ArrayPool<byte>.Shared.Return(_bytes);
            (_bytes, _start, _end) = (larger, 0, kept);
        }
    }
}
