using System.Buffers.Binary;
using Engine.Core;
using Engine.Protocol.Records;
using Engine.Protocol.Wire;
using Harness.Load.Wire;

namespace Harness.Load.Consuming;

/// <summary>Reads answers piece by piece and has the kernel drop the records, so that the reader's own copy costs nothing.</summary>
/// <remarks>
/// Batch headers are received, for without them nobody knows where to go on. The layout is read here field by field, because
/// the bytes are never in one place: Fetch up to version 11, whose lengths are all fixed. Once an answer has begun to
/// arrive the lane waits for all of it.
/// </remarks>
internal sealed class DiscardingLane(BrokerAddress leader, short version, TimeSpan connectTimeout, LoadSpec load)
    : FetchLane(leader, version, connectTimeout, load)
{
    /// <summary>The last version of the old encoding.</summary>
    public const short LastVersion = 11;

    private readonly byte[] _field = new byte[BatchHeader.Size];
    private readonly TimeSpan _timeout = load.RequestTimeout;
    private int _left; // bytes of the frame that are still to come

    public override ReadOnlySpan<byte> Batches(in FetchedPiece piece) => default;

    protected override bool TryReceive()
    {
        _left = Frame.PrefixBytes;
        _left = Int32();
        Expect(Int32());
        Int32(); // throttle time
        if (Version >= 7)
        {
            var error = (ErrorCode)Int16();
            if (error != ErrorCode.None) throw new LoadException($"{Leader} refused a fetch: {error}");
            Int32(); // session
        }

        Pieces.Clear();
        for (var topics = Int32(); topics > 0; topics--)
        {
            Drop(Int16()); // the name: there is only one topic
            for (var partitions = Int32(); partitions > 0; partitions--) Pieces.Add(Partition());
        }

        return _left == 0 ? true : throw new WireException($"{_left} bytes follow the last partition");
    }

    private FetchedPiece Partition()
    {
        var partition = Int32();
        var error = (ErrorCode)Int16();
        var highWatermark = BinaryPrimitives.ReadInt64BigEndian(Take(8));
        Take(8); // last stable offset
        var logStartOffset = Version >= 5 ? BinaryPrimitives.ReadInt64BigEndian(Take(8)) : -1;
        for (var aborted = Int32(); aborted > 0; aborted--) Take(8 + 8);
        if (Version >= 11) Int32(); // preferred read replica

        var (next, records, bytes) = (AskedOffset(partition), 0L, 0);
        for (var rest = Int32(); rest > 0;)
        {
            if (rest < BatchHeader.Size)
            {
                Drop(rest); // a batch that the limit cut off
                break;
            }

            var header = new BatchHeader(Take(BatchHeader.Size));
            if (header.Magic != 2 || header.SizeBytes < BatchHeader.Size) throw new WireException("what was fetched is no record batch");

            var size = Math.Min(header.SizeBytes, rest);
            if (size == header.SizeBytes)
            {
                next = Math.Max(next, header.NextOffset);
                records += header.RecordCount;
                bytes += size;
            }

            Drop(size - BatchHeader.Size);
            rest -= size;
        }

        return new(partition, error, next, records, bytes, highWatermark, logStartOffset, Start: 0);
    }

    private short Int16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    private int Int32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    private ReadOnlySpan<byte> Take(int count)
    {
        Spend(count);
        Link.ReceiveExactly(_field.AsSpan(0, count), _timeout);
        return _field.AsSpan(0, count);
    }

    private void Drop(int count)
    {
        Spend(count);
        Link.DropExactly(count, _timeout);
    }

    private void Spend(int count)
    {
        if (count < 0 || count > _left) throw new WireException($"a field of {count} bytes does not fit in {_left}");
        _left -= count;
    }
}
