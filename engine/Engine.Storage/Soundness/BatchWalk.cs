using Engine.Core.Memory;
using Engine.Protocol.Records;

namespace Engine.Storage.Soundness;

/// <summary>Reads a stretch of a segment's file batch by batch, each against its CRC and against the one before it.</summary>
/// <remarks>What <see cref="HeaderScan"/> takes on trust, this checks; it reads every byte.</remarks>
internal ref struct BatchWalk : IDisposable
{
    // Longer than most batches; a longer one is read whole, once something follows it where it says that it ends.
    private const int ChunkBytes = 256 << 10;

    private readonly SegmentFile _file;
    private readonly long _end;
    private readonly long _limitOffset;
    private Block _block = BlockPool.Shared.Rent(ChunkBytes);
    private long _blockStart;
    private int _held;

    /// <param name="file">The segment's file, to which the caller holds a reference.</param>
    /// <param name="position">Where the first batch begins.</param>
    /// <param name="end">Where the stretch ends.</param>
    /// <param name="nextOffset">The offset it begins with; -1 when that is not known.</param>
    /// <param name="limitOffset">The offset that no batch may end behind.</param>
    public BatchWalk(SegmentFile file, long position, long end, long nextOffset, long limitOffset)
    {
        (_file, _end, _limitOffset) = (file, end, limitOffset);
        (Position, NextOffset) = (position, nextOffset);
    }

    /// <summary>Where the next batch begins; where the sound ones end, once there is no next.</summary>
    public long Position { get; private set; }

    /// <summary>The offset that the next batch should begin with; -1 before the first, if not known.</summary>
    public long NextOffset { get; private set; }

    /// <summary>Where the current batch began.</summary>
    public LogPosition Current { get; private set; }

    /// <summary>The current batch's header; valid until the next move.</summary>
    public readonly BatchHeader Header => new(_block.Bytes.AsSpan((int)(Current.Bytes - _blockStart)));

    /// <summary>Goes to the next batch; false at the end, or where what follows is not a whole and sound one.</summary>
    public bool MoveNext()
    {
        if (Position + BatchHeader.Size > _end) return false;

        var header = new BatchHeader(Hold(BatchHeader.Size));
        var (size, baseOffset, next) = (header.SizeBytes, header.BaseOffset, header.NextOffset);
        if (header.Magic != 2 || size < BatchHeader.Size || size > _end - Position || header.LastOffsetDelta < 0) return false;
        if (baseOffset < 0 || baseOffset < NextOffset || next > _limitOffset) return false;
        // A gap, as compaction leaves them, or a base offset that says too much, which the next one then contradicts.
        if (NextOffset >= 0 && baseOffset > NextOffset && !IsBatchAt(Position + size, next)) return false;
        if (size > ChunkBytes && !IsBatchAt(Position + size, next)) return false;

        var batch = Hold(size)[..size];
        if ((_file.Rules.HoldsSoundCrcs ? BatchCheck.SoundBatchBytes(batch) : BatchCheck.WholeBatchBytes(batch)) != size) return false;

        Current = new LogPosition(baseOffset, Position);
        (Position, NextOffset) = (Position + size, next);
        return true;
    }

    /// <summary>Goes on behind what is damaged.</summary>
    public void SkipTo(Damage damage) => (Position, NextOffset) = (damage.End, damage.NextOffset);

    public void Dispose() => _block.Dispose();

    /// <summary>Whether at <paramref name="position"/> the stretch ends or a header begins that goes on with <paramref name="offset"/>.</summary>
    private readonly bool IsBatchAt(long position, long offset)
    {
        if (position == _end) return true;
        if (position + BatchHeader.Size > _end) return false;

        Span<byte> bytes = stackalloc byte[BatchHeader.Size];
        _file.ReadExactly(position, bytes);
        var header = new BatchHeader(bytes);
        return header.Magic == 2 && header.BaseOffset >= offset;
    }

    /// <summary>At least <paramref name="count"/> bytes from <see cref="Position"/> on.</summary>
    private ReadOnlySpan<byte> Hold(int count)
    {
        if (Position < _blockStart || Position + count > _blockStart + _held)
        {
            if (count > _block.Bytes.Length)
            {
                _block.Dispose();
                _block = BlockPool.Shared.Rent(count);
            }

            _blockStart = Position;
            _held = (int)Math.Min(_block.Bytes.Length, _end - Position);
            _file.ReadExactly(Position, _block.Bytes.AsSpan(0, _held));
        }

        return _block.Bytes.AsSpan((int)(Position - _blockStart), (int)(_blockStart + _held - Position));
    }
}
