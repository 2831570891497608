using Engine.Core;
using Engine.Protocol.Wire;

namespace Engine.Protocol.Messages;

/// <summary>Writes a fetch response's framing, with gaps where records are sent from elsewhere (a file, a cache, another
/// buffer).</summary>
/// <remarks>
/// Calls, in order: <see cref="Begin"/>, for each topic <see cref="BeginTopic"/>, for each partition
/// <see cref="BeginPartition"/> - after which the caller notes <see cref="Position"/>, for that many bytes of records are to
/// be sent between the buffer's bytes before and after that place - and <see cref="EndPartition"/>, then
/// <see cref="EndTopic"/>, and <see cref="End"/>, which fills in the frame's length, gaps included. Counts are given
/// up front because from version 12 on they are varints, which cannot be patched.
/// </remarks>
public ref struct FetchResponseWriter(WireBuffer buffer, short version, sbyte isolationLevel = 0)
{
    // The tagged DivergingEpoch is a structure of an int32, an int64 and its own, empty, set of tagged fields.
    private const int DivergingEpochBytes = 4 + 8 + 1;

    private readonly short _version = version;
    private readonly bool _readCommitted = isolationLevel == 1;
    private WireWriter _writer = new(buffer);
    private int _frameStart;

    /// <summary>Bytes in the buffer so far.</summary>
    public readonly int Position => _writer.Position;

    /// <summary>Bytes of records that the response was told of, which are not in the buffer.</summary>
    public int RecordsBytes { get; private set; }

    /// <summary>Writes the length prefix, the response header and the body up to its topics.</summary>
    public void Begin(
        int correlationId, int topicCount, ErrorCode error = ErrorCode.None, int sessionId = 0, int throttleTimeMs = 0)
    {
        RecordsBytes = 0;
        _frameStart = Frame.Begin(ref _writer);
        ResponseHeader.Write(ref _writer, ApiKey.Fetch, _version, correlationId);
        _writer.Flexible = ApiTable.IsFlexible(ApiKey.Fetch, _version);
        _writer.WriteInt32(throttleTimeMs);
        if (_version >= 7)
        {
            _writer.WriteInt16((short)error);
            _writer.WriteInt32(sessionId);
        }

        _writer.WriteArrayLength(topicCount);
    }

    /// <param name="topic">The topic's name in UTF-8, or the 16 bytes of its id from version 13 on: as the request had
    /// it.</param>
    /// <param name="partitionCount">How many partitions follow.</param>
    public void BeginTopic(ReadOnlySpan<byte> topic, int partitionCount)
    {
        FetchRequest.WriteTopic(ref _writer, _version, topic);
        _writer.WriteArrayLength(partitionCount);
    }

    /// <summary>Writes a partition up to its records, of which <paramref name="recordsLength"/> bytes follow by other
    /// means.</summary>
    public void BeginPartition(
        int partition, ErrorCode error, long highWatermark, long lastStableOffset, long logStartOffset, int recordsLength)
    {
        _writer.WriteInt32(partition);
        _writer.WriteInt16((short)error);
        _writer.WriteInt64(highWatermark);
        _writer.WriteInt64(lastStableOffset);
        if (_version >= 5) _writer.WriteInt64(logStartOffset);
        _writer.WriteArrayLength(_readCommitted ? 0 : -1); // aborted transactions: null means nobody asked
        if (_version >= 11) _writer.WriteInt32(-1); // preferred read replica: none
        _writer.WriteBytesLength(recordsLength);
        RecordsBytes = checked(RecordsBytes + recordsLength);
    }

    /// <param name="diverging">Tells a follower where its log parts from the leader's; needs version 12.</param>
    public readonly void EndPartition(EpochEnd? diverging = null)
    {
        if (diverging is not { } end || !_writer.Flexible)
        {
            _writer.EndStruct();
            return;
        }

        _writer.WriteUnsignedVarint(1);
        _writer.WriteUnsignedVarint(FetchResponse.DivergingEpochTag);
        _writer.WriteUnsignedVarint(DivergingEpochBytes);
        _writer.WriteInt32(end.Epoch);
        _writer.WriteInt64(end.EndOffset);
        _writer.EndStruct();
    }

    public readonly void EndTopic() => _writer.EndStruct();

    public void End()
    {
        _writer.EndStruct();
        Frame.End(ref _writer, _frameStart, RecordsBytes);
    }
}
