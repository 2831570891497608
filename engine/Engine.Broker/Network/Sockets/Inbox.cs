using Engine.Core.Memory;

namespace Engine.Broker.Network.Sockets;

/// <summary>The bytes of one connection that were received and not consumed yet, always contiguous. Used by one thread.</summary>
/// <remarks>
/// The block is rented when there is something to receive and given back when all is consumed. Its size follows the
/// traffic: it grows to the frames it meets and shrinks when little of it is used.
/// </remarks>
internal sealed class Inbox(BlockPool pool)
{
    private const int SmallestBytes = 4 << 10;

    // As much as one system call is worth asking for: copying costs far more than the call itself from here on.
    private const int UsualBytes = 256 << 10;

    // A peer may announce a frame and never send it: up to this much is taken on its word, more only as bytes arrive.
    private const int TrustedBytes = 4 << 20;

    private const int CheapToMoveBytes = 4 << 10;

    private Block? _block;
    private int _start;
    private int _end;
    private int _nextBytes = 16 << 10;

    /// <summary>What was received and not consumed.</summary>
    public Span<byte> Pending => _block is null ? [] : _block.Bytes.AsSpan(_start, _end - _start);

    /// <summary>Room to receive into, not empty; on the way to <paramref name="wanted"/> contiguous bytes from the first pending one.</summary>
    public Span<byte> Room(int wanted)
    {
        _block ??= pool.Rent(_nextBytes);
        var pending = _end - _start;
        var size = _block.Bytes.Length;
        var needed = (int)Math.Max(Math.Min(wanted, Math.Max(TrustedBytes, 2L * pending)), pending + 1);

        if (needed > size)
            MoveTo(pool.Rent(needed));
        else if (_start + needed > size || (_start > size / 2 && pending < CheapToMoveBytes))
            Compact();
        return _block.Bytes.AsSpan(_end);
    }

    /// <summary>Notes that the first <paramref name="bytes"/> of the room are filled.</summary>
    public void Filled(int bytes) => _end += bytes;

    /// <summary>Takes <paramref name="bytes"/> off the front.</summary>
    public void Consume(int bytes)
    {
        if ((uint)bytes > (uint)(_end - _start))
            throw new InvalidOperationException($"a handler consumed {bytes} of {_end - _start} bytes");
        _start += bytes;
    }

    /// <summary>Gives the block back when nothing is pending.</summary>
    public void GiveBackIfEmpty()
    {
        if (_block is null || _start < _end) return;

        if (_end == _block.Bytes.Length && _nextBytes < UsualBytes)
            _nextBytes *= 4;
        else if (_end * 4L < _nextBytes)
            _nextBytes = Math.Max(_nextBytes / 2, SmallestBytes);
        GiveBack();
    }

    /// <summary>Gives the block back and forgets what is pending.</summary>
    public void GiveBack()
    {
        _block?.Dispose();
        _block = null;
        _start = _end = 0;
    }

    private void Compact()
    {
        Pending.CopyTo(_block!.Bytes);
        _end -= _start;
        _start = 0;
    }

    private void MoveTo(Block larger)
    {
        var pending = Pending;
        pending.CopyTo(larger.Bytes);
        _end = pending.Length;
        _start = 0;
        _block!.Dispose();
        _block = larger;
        _nextBytes = Math.Min(larger.Bytes.Length, TrustedBytes);
    }
}
