using System.Buffers.Binary;
using Engine.Core.Partitions;
using Engine.Protocol.Wire;

namespace Engine.Broker.Partitions;

/// <summary>A <see cref="ProducerSnapshot"/> as bytes.</summary>
/// <remarks>
/// Big-endian: "TBP1", offset (8), leader epoch (4), count (4); per producer: id (8), epoch (2), last seen (8), number
/// of batches (1) and for each first and last sequence (4, 4) and base offset (8); at the end the CRC-32C of all before it.
/// </remarks>
internal static class ProducerSnapshotBytes
{
    private const int HeadBytes = 4 + 8 + 4 + 4;
    private const int ProducerBytes = 8 + 2 + 8 + 1;
    private const int BatchBytes = 4 + 4 + 8;
    private const int CrcBytes = 4;

    private static ReadOnlySpan<byte> Magic => "TBP1"u8;

    public static byte[] ToBytes(this ProducerSnapshot snapshot)
    {
        var producers = snapshot.Producers;
        var bytes = new byte[HeadBytes + producers.Sum(producer => ProducerBytes + (producer.Batches.Length * BatchBytes)) + CrcBytes];
        var rest = bytes.AsSpan();
        Magic.CopyTo(rest);
        BinaryPrimitives.WriteInt64BigEndian(rest[4..], snapshot.Offset);
        BinaryPrimitives.WriteInt32BigEndian(rest[12..], snapshot.LeaderEpoch);
        BinaryPrimitives.WriteInt32BigEndian(rest[16..], producers.Length);
        rest = rest[HeadBytes..];
        foreach (ref readonly var producer in producers.AsSpan())
        {
            BinaryPrimitives.WriteInt64BigEndian(rest, producer.ProducerId);
            BinaryPrimitives.WriteInt16BigEndian(rest[8..], producer.Epoch);
            BinaryPrimitives.WriteInt64BigEndian(rest[10..], producer.LastSeenMs);
            rest[18] = (byte)producer.Batches.Length;
            rest = rest[ProducerBytes..];
            foreach (var batch in producer.Batches)
            {
                BinaryPrimitives.WriteInt32BigEndian(rest, batch.First);
                BinaryPrimitives.WriteInt32BigEndian(rest[4..], batch.Last);
                BinaryPrimitives.WriteInt64BigEndian(rest[8..], batch.BaseOffset);
                rest = rest[BatchBytes..];
            }
        }

        BinaryPrimitives.WriteUInt32BigEndian(rest, Crc32C.Compute(bytes.AsSpan(..^CrcBytes)));
        return bytes;
    }

    /// <summary>The snapshot in the bytes, or null when they are not one whole, sound snapshot.</summary>
    public static ProducerSnapshot? Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeadBytes + CrcBytes || !bytes.StartsWith(Magic)) return null;
        if (Crc32C.Compute(bytes[..^CrcBytes]) != BinaryPrimitives.ReadUInt32BigEndian(bytes[^CrcBytes..])) return null;

        var offset = BinaryPrimitives.ReadInt64BigEndian(bytes[4..]);
        var leaderEpoch = BinaryPrimitives.ReadInt32BigEndian(bytes[12..]);
        var count = BinaryPrimitives.ReadInt32BigEndian(bytes[16..]);
        var rest = bytes[HeadBytes..^CrcBytes];
        if (count < 0 || count > rest.Length / ProducerBytes) return null;

        var producers = new ProducerMemory[count];
        foreach (ref var producer in producers.AsSpan())
        {
            if (rest.Length < ProducerBytes || rest[18] is 0 or > ProducerMemory.BatchesKept || rest.Length < ProducerBytes + (rest[18] * BatchBytes)) return null;

            var (id, epoch) = (BinaryPrimitives.ReadInt64BigEndian(rest), BinaryPrimitives.ReadInt16BigEndian(rest[8..]));
            var (lastSeenMs, batches) = (BinaryPrimitives.ReadInt64BigEndian(rest[10..]), rest[18]);
            producer = new ProducerMemory(id, epoch, lastSeenMs);
            rest = rest[ProducerBytes..];
            for (; batches > 0; batches--)
            {
                var sequence = new BatchSequence(id, epoch, BinaryPrimitives.ReadInt32BigEndian(rest), BinaryPrimitives.ReadInt32BigEndian(rest[4..]));
                producer.Remember(sequence, BinaryPrimitives.ReadInt64BigEndian(rest[8..]), lastSeenMs);
                rest = rest[BatchBytes..];
            }
        }

        return rest.IsEmpty ? new ProducerSnapshot(offset, leaderEpoch, producers) : null;
    }
}
