using Harness.Load;

namespace Harness.Tests.Load;

/// <summary>A verifier that has never found anything proves nothing: each anomaly is planted, and must be found as what it is.</summary>
public sealed class VerificationTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void DroppedBatch_IsLost(bool idempotent)
    {
        var (found, dropped) = Plant(idempotent, (number, batch) => number == 5 ? [] : [batch], (number, _) => number == 5);
        Assert.False(found.Sound);
        Assert.Equal((dropped, 0, 0, 0, 0), (found.Lost, found.Duplicated, found.Reordered, found.Corrupted, found.Unexpected));
        Assert.Contains(found.Examples, example => example.Contains("lost", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void BatchStoredTwice_IsDuplicated(bool idempotent)
    {
        var (found, repeated) = Plant(idempotent, (number, batch) => number == 5 ? [batch, batch] : [batch], (number, _) => number == 5);
        Assert.False(found.Sound);
        Assert.Equal((0, repeated, 0, 0, 0), (found.Lost, found.Duplicated, found.Reordered, found.Corrupted, found.Unexpected));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void BatchesSwapped_AreReordered(bool idempotent)
    {
        byte[] held = [];
        var (found, _) = Plant(idempotent, (number, batch) =>
        {
            if (number == 5) held = batch;
            return number == 5 ? [] : number == 6 ? [batch, held] : [batch];
        }, (number, _) => number == 5);
        Assert.False(found.Sound);
        Assert.Equal((0, 0, 0, 0), (found.Lost, found.Duplicated, found.Corrupted, found.Unexpected));
        Assert.True(found.Reordered > 0);
        Assert.Equal(found.Acked, found.Read);
    }

    [Fact]
    public void FlippedBit_WithTheOldChecksum_IsCorruptAndNotDelivered()
    {
        var (found, hit) = Plant(true, (number, batch) => [number == 5 ? Flip(batch, withChecksum: false) : batch], (number, _) => number == 5);
        Assert.False(found.Sound);
        Assert.Equal((hit, hit), (found.Corrupted, found.Lost));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FlippedBit_UnderANewChecksum_IsOneCorruptRecord(bool idempotent)
    {
        var (found, _) = Plant(idempotent, (number, batch) => [number == 5 ? Flip(batch, withChecksum: true) : batch], (_, _) => false);
        Assert.False(found.Sound);
        Assert.Equal((1, 0, 0, 0), (found.Corrupted, found.Lost, found.Duplicated, found.Reordered));
    }

    [Fact]
    public void SomebodyElsesBatch_IsUnexpected()
    {
        var (found, _) = Plant(true, (number, batch) => number == 5 ? [batch, Foreign()] : [batch], (_, _) => false);
        Assert.False(found.Sound);
        Assert.Equal((1, 0, 0), (found.Unexpected, found.Lost, found.Corrupted));
    }

    [Fact]
    public void LastBatchMissing_IsLostAfterThePatienceIsOver()
    {
        using var broker = new FakeBroker();
        broker.Store = (_, number, batch) => number >= 10 ? [] : [batch];
        var (report, _) = LoadRunTests.Run(broker, Produce(true), new(), seconds: 20, drain: LoadRunTests.Ms(400));
        Assert.True(report.Failed);
        Assert.True(report.Verification!.Lost > 0);
        Assert.Equal(report.Verification.Acked, report.Verification.Read + report.Verification.Lost);
    }

    [Fact]
    public void Structure_WithAGapInTheOffsets_IsNotSound()
    {
        using var broker = new FakeBroker();
        LoadRunTests.Run(broker, Produce(true), null, seconds: 20);
        var gap = new Engine.Protocol.Records.BatchHeader(broker.Log(0)[3]);
        var size = gap.RecordCount;
        for (var i = 3; i < broker.Log(0).Count; i++)
            Engine.Protocol.Records.BatchHeader.Assign(broker.Log(0)[i], new Engine.Protocol.Records.BatchHeader(broker.Log(0)[i]).BaseOffset + size, 3);

        var (report, _) = LoadRunTests.Run(broker, null, new(), seconds: 20);
        Assert.False(report.Verification!.Sound);
        Assert.Equal(size, report.Verification.Lost);
    }

    private static ProduceSpec Produce(bool idempotent) =>
        new() { Arrival = Arrival.Closed, BatchBytes = 4096, Idempotent = idempotent, MaxRecords = 1000 };

    /// <summary>Runs a load whose batches are stored as told; gives what was found and how many records were in the batches that were hit.</summary>
    private static (Verification Found, long Hit) Plant(bool idempotent, Func<int, byte[], IEnumerable<byte[]>> store, Func<int, byte[], bool> isHit)
    {
        using var broker = new FakeBroker();
        var hit = 0L;
        broker.Store = (_, number, batch) =>
        {
            if (isHit(number, batch)) hit += new Engine.Protocol.Records.BatchHeader(batch).RecordCount;
            return store(number, batch);
        };
        var (report, _) = LoadRunTests.Run(broker, Produce(idempotent), new(), seconds: 20);
        Assert.Equal(1000, report.Produce!.Totals.Acked);
        return (report.Verification!, hit);
    }

    private static byte[] Flip(byte[] batch, bool withChecksum)
    {
        byte[] changed = [.. batch];
        changed[^20] ^= 0x10; // in the last record's value
        if (withChecksum)
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(changed.AsSpan(17), Engine.Protocol.Wire.Crc32C.Compute(changed.AsSpan(21)));
        return changed;
    }

    private static byte[] Foreign()
    {
        var buffer = new byte[200];
        var builder = new Engine.Protocol.Records.BatchBuilder();
        builder.Begin(buffer, 0, buffer.Length, 0, producerId: 5, producerEpoch: 0, baseSequence: 0);
        builder.TryAppend(0, "not ours"u8);
        return buffer[..builder.Finish()];
    }
}
