using Engine.Protocol.Wire;

namespace Engine.Protocol.Records;

/// <summary>The records of one uncompressed batch, one after the other, in place: <c>foreach (var record in new
/// RecordReader(batch))</c>.</summary>
/// <remarks>
/// Never reads past the batch. Records that do not fit their lengths, their count or the batch end in
/// <see cref="WireException"/>; the CRC is <see cref="BatchCheck"/>'s.
/// </remarks>
public ref struct RecordReader
{
    private readonly BatchHeader _header;
    private readonly long _baseOffset;
    private readonly long _baseTimestamp;
    private readonly bool _stampedByBroker;
    private WireReader _reader;
    private int _left;

    /// <param name="batch">The whole batch, and nothing behind it.</param>
    public RecordReader(ReadOnlySpan<byte> batch)
    {
        if (batch.Length < BatchHeader.Size) throw new WireException($"{batch.Length} bytes are no record batch");
        _header = new(batch);
        if (_header.SizeBytes != batch.Length) throw new WireException($"a batch of {_header.SizeBytes} bytes in {batch.Length}");
        if (_header.Codec != CompressionCodec.None)
            throw new WireException($"records compressed with {_header.Codec} are not read");
        if (_header.RecordCount < 0) throw new WireException($"a batch of {_header.RecordCount} records");

        _baseOffset = _header.BaseOffset;
        _baseTimestamp = _header.BaseTimestamp;
        _stampedByBroker = _header.IsStampedByBroker;
        _reader = new(batch);
        _reader.Skip(BatchHeader.Size);
        _left = _header.RecordCount;
        Current = default;
    }

    public Record Current { readonly get; private set; }

    public readonly RecordReader GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_left == 0)
        {
            if (_reader.Remaining > 0) throw new WireException($"{_reader.Remaining} bytes follow the batch's records");
            return false;
        }

        _left--;
        var length = _reader.ReadVarint();
        var end = _reader.Position + (long)length;
        if (length < 0 || length > _reader.Remaining)
            throw new WireException($"a record of {length} bytes does not fit in {_reader.Remaining}");

        _reader.Skip(1); // attributes: none are defined
        var timestamp = _stampedByBroker ? SkipDelta() : _baseTimestamp + _reader.ReadVarlong();
        var offset = _baseOffset + _reader.ReadVarint();
        var key = _reader.ReadVarintBytes(out var hasNoKey);
        var value = _reader.ReadVarintBytes(out var hasNoValue);
        var headersStart = _reader.Position;
        SkipHeaders();
        if (_reader.Position != end) throw new WireException("a record's fields do not fill its length");

        Current = new(offset, timestamp, key, hasNoKey, value, hasNoValue, _reader.Slice(headersStart));
        return true;
    }

    private long SkipDelta()
    {
        _reader.ReadVarlong();
        return _header.MaxTimestamp;
    }

    private void SkipHeaders()
    {
        var headers = _reader.ReadVarint();
        if (headers < 0 || headers > _reader.Remaining)
            throw new WireException($"{headers} record headers in {_reader.Remaining} bytes");
        for (; headers > 0; headers--)
        {
            _reader.ReadVarintBytes(out var isNull);
            if (isNull) throw new WireException("a record header's key is null");
            _reader.ReadVarintBytes(out _);
        }
    }
}

/// <summary>One record, as a view over its batch's bytes.</summary>
public readonly ref struct Record(
    long offset, long timestampMs, ReadOnlySpan<byte> key, bool keyIsNull,
    ReadOnlySpan<byte> value, bool valueIsNull, ReadOnlySpan<byte> headers)
{
    public long Offset { get; } = offset;

    /// <summary>Milliseconds since the Unix epoch: the producer's, or the broker's where the topic says so.</summary>
    public long TimestampMs { get; } = timestampMs;

    /// <summary>Empty when it is null.</summary>
    public ReadOnlySpan<byte> Key { get; } = key;

    public bool KeyIsNull { get; } = keyIsNull;

    /// <summary>Empty when it is null, which marks a deletion in a compacted topic.</summary>
    public ReadOnlySpan<byte> Value { get; } = value;

    public bool ValueIsNull { get; } = valueIsNull;

    /// <summary>The headers as encoded: a varint count, then keys and values, each with its varint length.</summary>
    public ReadOnlySpan<byte> Headers { get; } = headers;
}
