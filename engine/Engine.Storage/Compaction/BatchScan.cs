using Engine.Core.Memory;
using Engine.Protocol.Records;

namespace Engine.Storage.Compaction;

/// <summary>Reads a closed segment batch by batch, each checked against its CRC.</summary>
/// <remarks>Reads ahead in large pieces. The caller holds a reference to the file.</remarks>
internal sealed class BatchScan(Segment segment, long position, ByteRate rate) : IDisposable
{
    private const int ChunkBytes = 1 << 20;

    private Block _block = BlockPool.Shared.Rent(ChunkBytes);
    private long _filePosition = position; // of the first byte not read yet
    private int _start;
    private int _end;

    /// <summary>The next whole batch; empty at the segment's end. Valid until the next call.</summary>
    /// <exception cref="InvalidDataException">What follows is not what was written: nothing may be made of it.</exception>
    public ReadOnlySpan<byte> Next()
    {
        Fill(BatchHeader.Size);
        if (_end == _start) return default;

        if (_end - _start >= BatchHeader.Size) Fill(new BatchHeader(_block.Bytes.AsSpan(_start)).SizeBytes);
        var size = BatchCheck.SoundBatchBytes(_block.Bytes.AsSpan(_start, _end - _start));
        if (size == 0) throw new InvalidDataException($"{segment.File.Path} holds no sound batch at {_filePosition - (_end - _start)}");

        _start += size;
        return _block.Bytes.AsSpan(_start - size, size);
    }

    public void Dispose() => _block.Dispose();

    /// <summary>Makes the block hold that many bytes, or all there are.</summary>
    private void Fill(int bytes)
    {
        var held = _end - _start;
        var left = segment.SizeBytes - _filePosition;
        if (held >= bytes || left == 0 || bytes > held + left) return;

        var block = bytes <= _block.Bytes.Length ? _block : BlockPool.Shared.Rent(bytes);
        _block.Bytes.AsSpan(_start, held).CopyTo(block.Bytes);
        if (block != _block)
        {
            _block.Dispose();
            _block = block;
        }

        var count = (int)Math.Min(left, Math.Max(bytes, ChunkBytes) - held);
        rate.Spend(count);
        segment.File.ReadExactly(_filePosition, _block.Bytes.AsSpan(held, count));
        (_start, _end) = (0, held + count);
        _filePosition += count;
    }
}
