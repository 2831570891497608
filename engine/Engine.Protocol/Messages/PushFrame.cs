using System.Runtime.InteropServices;
using Engine.Core;
using Engine.Protocol.Wire;

namespace Engine.Protocol.Messages;

/// <summary>What a leader sends a follower unasked: records, and what goes with them. Reused, allocates nothing after warm-up.</summary>
/// <remarks>
/// <c>correlation_id [number run error base_offset high_watermark log_start_offset diverging_epoch diverging_end records]</c>, old
/// encoding. <see cref="PushFrameWriter"/> writes it.
/// </remarks>
public sealed class PushFrame
{
    private readonly List<PushedPartition> _partitions = [];

    public ReadOnlySpan<PushedPartition> Partitions => CollectionsMarshal.AsSpan(_partitions);

    /// <summary>Bytes of records in all.</summary>
    public long RecordsBytes { get; private set; }

    public void Read(ref WireReader reader)
    {
        _partitions.Clear();
        RecordsBytes = 0;
        reader.ReadInt32(); // the correlation id: there is nothing that this would answer
        for (var i = reader.ReadCount(minItemBytes: 50); i > 0; i--)
        {
            var (number, run, error) = (reader.ReadInt32(), reader.ReadInt32(), (ErrorCode)reader.ReadInt16());
            var (baseOffset, highWatermark, logStart) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
            var (epoch, end) = (reader.ReadInt32(), reader.ReadInt64());
            var length = reader.ReadNullableBytes(out _).Length;
            RecordsBytes += length;
            _partitions.Add(new PushedPartition(
                number, run, error, baseOffset, highWatermark, logStart, epoch < 0 ? null : new EpochEnd(epoch, end), reader.Position - length, length));
        }
    }
}

/// <summary>One partition of a pushed frame. Places are offsets into the bytes that were read.</summary>
/// <param name="Number">What the follower calls it.</param>
/// <param name="Run">Which of its subscriptions is served; of an earlier one it is void.</param>
/// <param name="Error">Why this run ends here, or none.</param>
/// <param name="BaseOffset">Where the records begin: where the follower's log must end to take them.</param>
/// <param name="Diverging">Where a follower must cut its log, which ends this run too; null when the logs agree.</param>
public readonly record struct PushedPartition(
    int Number, int Run, ErrorCode Error, long BaseOffset, long HighWatermark, long LogStartOffset, EpochEnd? Diverging, int RecordsStart, int RecordsLength);

/// <summary>Writes a pushed frame's framing, with gaps where records are sent from elsewhere.</summary>
/// <remarks>After each <see cref="Add"/> the caller notes <see cref="Position"/>: there the records belong.</remarks>
public ref struct PushFrameWriter(WireBuffer buffer)
{
    private readonly WireBuffer _buffer = buffer;
    private WireWriter _writer = new(buffer);
    private int _frameStart;
    private int _countAt;
    private int _count;
    private int _recordsBytes;

    /// <summary>Bytes in the buffer so far.</summary>
    public readonly int Position => _buffer.Length;

    public void Begin()
    {
        (_count, _recordsBytes) = (0, 0);
        _frameStart = Frame.Begin(ref _writer);
        _writer.WriteInt32(0);
        _countAt = _writer.Position;
        _writer.WriteInt32(0);
    }

    public void Add(int number, int run, ErrorCode error, long baseOffset, long highWatermark, long logStartOffset, EpochEnd? diverging, int recordsLength)
    {
        _writer.WriteInt32(number);
        _writer.WriteInt32(run);
        _writer.WriteInt16((short)error);
        _writer.WriteInt64(baseOffset);
        _writer.WriteInt64(highWatermark);
        _writer.WriteInt64(logStartOffset);
        _writer.WriteInt32(diverging?.Epoch ?? -1);
        _writer.WriteInt64(diverging?.EndOffset ?? -1);
        _writer.WriteInt32(recordsLength);
        _recordsBytes = checked(_recordsBytes + recordsLength);
        _count++;
    }

    public void End()
    {
        _writer.PatchInt32(_countAt, _count);
        Frame.End(ref _writer, _frameStart, _recordsBytes);
    }
}
