using Engine.Core;
using Engine.Core.Partitions;

namespace Engine.Tests.Core.Partitions;

public sealed class ProducerStatesTests
{
    private readonly ProducerStates _producers = new();

    [Fact]
    public void Check_ProducerNotIdempotent_IsAlwaysTaken() => Assert.Equal(ErrorCode.None, Check(-1, 0, -1, 10));

    [Fact]
    public void Check_UnknownProducer_TakesAnySequence() => Assert.Equal(ErrorCode.None, Check(7, 0, 500, 10));

    [Fact]
    public void Check_OneOfTheLastFiveBatchesAgain_IsTheSameBatch()
    {
        for (var i = 0; i < 6; i++) Append(7, 0, i * 10, 10, baseOffset: 100 + i * 10);

        Assert.Equal(ErrorCode.None, _producers.Check(Sequence(7, 0, 10, 10), out var duplicateOf));
        Assert.Equal(110, duplicateOf);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Check(7, 0, 0, 10));
    }

    [Theory]
    [InlineData(20, ErrorCode.OutOfOrderSequenceNumber)]
    [InlineData(5, ErrorCode.OutOfOrderSequenceNumber)]
    [InlineData(10, ErrorCode.None)]
    public void Check_NextBatch_MustFollowOn(int first, ErrorCode expected)
    {
        Append(7, 0, 0, 10, 0);
        Assert.Equal(expected, Check(7, 0, first, 10));
    }

    [Fact]
    public void Check_SequenceWraps_GoesOnAtZero()
    {
        Append(7, 0, int.MaxValue - 4, 5, 0);
        Assert.Equal(ErrorCode.None, Check(7, 0, 0, 5));

        Append(8, 0, int.MaxValue - 2, 5, 0); // 2147483645, 6, 7, then 0, 1
        Assert.Equal(ErrorCode.None, Check(8, 0, 2, 5));
    }

    [Fact]
    public void Check_Epochs_OldIsFencedAndNewBeginsAtZero()
    {
        Append(7, 3, 0, 10, 0);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, Check(7, 2, 10, 10));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Check(7, 4, 10, 10));
        Assert.Equal(ErrorCode.None, Check(7, 4, 0, 10));
    }

    [Fact]
    public void ForgetIdle_ProducersThatSentNothingSince_BeginAnew()
    {
        _producers.Appended(Sequence(7, 0, 0, 10), 0, nowMs: 1000);
        _producers.Appended(Sequence(8, 0, 0, 10), 10, nowMs: 1000);
        _producers.Appended(Sequence(8, 0, 10, 10), 20, nowMs: 2000);

        _producers.ForgetIdle(sinceMs: 2000);

        Assert.Equal(1, _producers.Count);
        Assert.Equal(ErrorCode.None, Check(7, 0, 500, 10));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Check(8, 0, 500, 10));
    }

    [Fact]
    public void Restore_WhatWasToldBefore_IsTheSame()
    {
        for (var i = 0; i < 7; i++) Append(7, 3, i * 10, 10, baseOffset: 100 + (i * 10));
        Append(8, 0, int.MaxValue, 1, baseOffset: 500);

        var again = new ProducerStates();
        foreach (var producer in _producers.ToArray()) again.Restore(producer);

        Assert.Equal(_producers.ToArray().Select(Told), again.ToArray().Select(Told));
        Assert.Equal(ErrorCode.None, again.Check(Sequence(7, 3, 20, 10), out var duplicateOf));
        Assert.Equal(120, duplicateOf);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, again.Check(Sequence(7, 3, 10, 10), out _));
        Assert.Equal(ErrorCode.None, again.Check(Sequence(8, 0, 0, 1), out _));

        static string Told(ProducerMemory producer) =>
            $"{producer.ProducerId} {producer.Epoch} {producer.LastSeenMs} {string.Join(' ', producer.Batches.ToArray())}";
    }

    [Fact]
    public void Appended_KnownProducer_AllocatesNothing()
    {
        var sequence = 0;
        Protocol.Allocations.AssertNone(() => Append(7, 0, sequence++, 1, sequence));
    }

    private ErrorCode Check(long producer, short epoch, int first, int records) => _producers.Check(Sequence(producer, epoch, first, records), out _);

    private void Append(long producer, short epoch, int first, int records, long baseOffset) =>
        _producers.Appended(Sequence(producer, epoch, first, records), baseOffset, nowMs: 0);

    private static BatchSequence Sequence(long producer, short epoch, int first, int records) => BatchSequence.From(producer, epoch, first, records - 1);
}
