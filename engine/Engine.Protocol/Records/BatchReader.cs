using Engine.Protocol.Wire;

namespace Engine.Protocol.Records;

/// <summary>The whole batches in a partition's fetched bytes: <c>foreach (var batch in new
/// BatchReader(records))</c>.</summary>
/// <remarks>Brokers cut at a byte limit, so a last batch that is not whole is left out; the next fetch has it.</remarks>
public ref struct BatchReader(ReadOnlySpan<byte> records)
{
    private ReadOnlySpan<byte> _rest = records;

    /// <summary>One batch's bytes, header included; its CRC is not checked.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    public readonly BatchReader GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_rest.Length < BatchHeader.Size) return false;

        var header = new BatchHeader(_rest);
        if (header.Magic != 2) throw new WireException($"a record batch of magic {header.Magic}");
        if (header.SizeBytes < BatchHeader.Size) throw new WireException($"a record batch of {header.SizeBytes} bytes");
        if (header.SizeBytes > _rest.Length) return false;

        Current = _rest[..header.SizeBytes];
        _rest = _rest[header.SizeBytes..];
        return true;
    }
}
