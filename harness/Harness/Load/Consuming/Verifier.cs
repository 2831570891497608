using Engine.Protocol.Records;
using Engine.Protocol.Wire;
using Harness.Checking;
using Harness.Load.Running;
using Harness.Load.Sent;

namespace Harness.Load.Consuming;

/// <summary>Is shown the batches that a reader receives, partition by partition in offset order.</summary>
internal interface IBatchCheck
{
    void See(in Delivery delivery, ReadOnlySpan<byte> batch);

    /// <summary>Says what was found, when reading is over; to be called once.</summary>
    Findings Conclude();
}

/// <summary>The answer that a batch came with.</summary>
/// <param name="Partition">Of which partition.</param>
/// <param name="HighWatermark">Up to which offset records are committed, as the leader told.</param>
/// <param name="AskedAt">When the fetch was sent.</param>
/// <param name="ArrivedAt">When the whole answer was here.</param>
internal readonly record struct Delivery(int Partition, long HighWatermark, long AskedAt, long ArrivedAt);

/// <summary>Compares one reader's records with what was sent: each acknowledged one once, in order, byte for byte.</summary>
/// <param name="ledger">What was sent.</param>
/// <param name="partitions">What the reader reads.</param>
/// <param name="measured">Whose records' latencies count.</param>
/// <param name="reader">Which reader it is.</param>
/// <param name="log">Where its reads are recorded; null when they are not.</param>
internal sealed class Verifier(SentLedger ledger, IReadOnlyList<int> partitions, Schedule measured, int reader, HistoryLog? log) : IBatchCheck
{
    private const long SearchLimit = 1 << 18;

    private readonly Findings _findings = new();
    private readonly Dictionary<SentStream, StreamProgress> _progress = ledger.Streams
        .Where(stream => partitions.Contains(stream.Partition))
        .ToDictionary(stream => stream, stream => new StreamProgress(stream));

    /// <summary>From the intended send time to now, for records due in the measured time of a load that keeps journals.</summary>
    public Histogram EndToEnd { get; } = new();

    public void See(in Delivery delivery, ReadOnlySpan<byte> batch)
    {
        var partition = delivery.Partition;
        var header = new BatchHeader(batch);
        if (header.IsControl) return;
        if (header.NextOffset > delivery.HighWatermark)
            _findings.AddUncommitted(header.NextOffset - Math.Max(header.BaseOffset, delivery.HighWatermark), $"{Place(partition, header)}, high watermark {delivery.HighWatermark}");
        if (BatchCheck.SoundBatchBytes(batch) != batch.Length)
        {
            // Its header is not to be trusted either: not with whose it is, hardly with how many there are.
            _findings.AddCorrupted(Math.Clamp(header.RecordCount, 1, batch.Length), $"{Place(partition, header)}: its CRC does not match");
            Note(delivery, header.BaseOffset, Math.Clamp(header.LastOffsetDelta, 0, batch.Length) + 1, -1, -1, isCorrupt: true);
            return;
        }

        _findings.Read += header.RecordCount;
        if (!ledger.TryFind(header.ProducerId, partition, out var stream, out var firstNumber))
        {
            _findings.AddUnexpected(header.RecordCount, $"{Place(partition, header)}, producer id {header.ProducerId}");
            Note(delivery, header.BaseOffset, header.RecordCount, -1, -1, isCorrupt: false);
            return;
        }

        var progress = _progress[stream];
        var number = ledger.Idempotent
            ? firstNumber + progress.Unwrap(header.BaseSequence, firstNumber)
            : FindNumber(batch, stream, progress.Next);
        progress.Saw(number, header.RecordCount, _findings, Place(partition, header));
        var sound = Compare(batch, stream, number);
        if (sound) Note(delivery, header.BaseOffset, header.RecordCount, stream.Producer, number, isCorrupt: false);
        else NoteEach(delivery, batch, stream, number);
        if (stream.Journal is not null) MeasureEndToEnd(progress, number, header.RecordCount, delivery.ArrivedAt);
    }

    public Findings Conclude()
    {
        foreach (var progress in _progress.Values) progress.Conclude(_findings);
        return _findings;
    }

    private bool Compare(ReadOnlySpan<byte> batch, SentStream stream, long first)
    {
        var corrupted = _findings.Corrupted;
        var number = stream.IsTemplate ? 0 : first;
        try
        {
            foreach (var record in new RecordReader(batch))
            {
                if (!Matches(record, stream, number))
                    _findings.AddCorrupted(1, $"partition {stream.Partition}, offset {record.Offset}: not what producer {stream.Producer} sent as its record {number}");
                number++;
            }
        }
        catch (WireException problem)
        {
            var header = new BatchHeader(batch);
            _findings.AddCorrupted(header.RecordCount - (number - first), $"{Place(stream.Partition, header)}: {problem.Message}");
        }

        return _findings.Corrupted == corrupted;
    }

    private void Note(in Delivery delivery, long offset, int count, int producer, long first, bool isCorrupt) => log?.Add(new ReadEntry(
        reader, delivery.Partition, offset, count, producer, first, isCorrupt, delivery.HighWatermark, delivery.AskedAt, delivery.ArrivedAt));

    // The sound records of a batch that holds others, too.
    private void NoteEach(in Delivery delivery, ReadOnlySpan<byte> batch, SentStream stream, long number)
    {
        if (log is null) return;

        var end = new BatchHeader(batch).NextOffset;
        var offset = new BatchHeader(batch).BaseOffset;
        try
        {
            foreach (var record in new RecordReader(batch))
                Note(delivery, offset++, 1, stream.Producer, number, isCorrupt: !Matches(record, stream, number++));
        }
        catch (WireException)
        {
            if (offset < end) Note(delivery, offset, (int)(end - offset), stream.Producer, number, isCorrupt: true);
        }
    }

    private static bool Matches(in Record record, SentStream stream, long number)
    {
        if (record.ValueIsNull || record.Headers is not [0] || !record.Value.SequenceEqual(stream.Records.Value(number))) return false;
        return stream.Records.HasKeys ? !record.KeyIsNull && record.Key.SequenceEqual(stream.Records.Key(number)) : record.KeyIsNull;
    }

    // Without sequence numbers only the content tells where a batch belongs: nearly always just behind the one before.
    private static long FindNumber(ReadOnlySpan<byte> batch, SentStream stream, long expected)
    {
        if (stream.IsTemplate) return expected;

        try
        {
            foreach (var record in new RecordReader(batch))
            {
                for (var ahead = 0L; ahead < SearchLimit && expected + ahead < stream.Sent; ahead++)
                    if (Matches(record, stream, expected + ahead)) return expected + ahead;
                for (var behind = 1L; behind < SearchLimit && expected - behind >= 0; behind++)
                    if (Matches(record, stream, expected - behind)) return expected - behind;
                break;
            }
        }
        catch (WireException)
        {
            // The comparison that follows says so.
        }

        return expected;
    }

    private void MeasureEndToEnd(StreamProgress progress, long number, int count, long now)
    {
        for (var i = 0; i < count; i++)
        {
            if (!progress.TryFindSend(number + i, out var sent)) continue;
            var intended = sent.Intended(number + i);
            if (measured.Measures(intended)) EndToEnd.RecordNanoseconds(now - intended);
        }
    }

    private static string Place(int partition, in BatchHeader header) => $"partition {partition}, batch at offset {header.BaseOffset}";
}

/// <summary>How far one reader has come in one stream.</summary>
internal sealed class StreamProgress(SentStream stream)
{
    private readonly NumberSet _missing = new();
    private SendJournal.Place _place = stream.Journal?.Start ?? default;

    /// <summary>The number after the highest seen.</summary>
    public long Next { get; private set; }

    /// <summary>A sequence number without its wrap at 2^31: of the possible numbers the one nearest to what comes next.</summary>
    public long Unwrap(int sequence, long sequenceZero)
    {
        const long cycle = 1L << 31;
        var expected = Math.Max(0, Next - sequenceZero);
        return Math.Max(sequence, sequence + (expected - sequence + cycle / 2) / cycle * cycle);
    }

    public void Saw(long first, int count, Findings findings, string where)
    {
        var end = first + count;
        var known = Math.Min(end, stream.Sent);
        if (end > known) findings.AddUnexpected(end - Math.Max(first, known), $"{where}: records after the last that producer {stream.Producer} sent");
        if (first >= known) return;

        if (first > Next) _missing.Add(Next, first);
        var repeated = Math.Max(0, Math.Min(known, Next) - first);
        if (repeated > 0)
        {
            var late = _missing.Remove(first, Math.Min(known, Next));
            findings.AddReordered(late, $"{where}, producer {stream.Producer}, records from {first} on");
            findings.AddDuplicated(repeated - late, $"{where}, producer {stream.Producer}, records from {first} on");
        }

        Next = Math.Max(Next, known);
    }

    public bool TryFindSend(long number, out SentBatch batch) => SendJournal.TryFind(ref _place, number, out batch);

    public void Conclude(Findings findings)
    {
        if (stream.Sent > Next) _missing.Add(Next, stream.Sent);

        long acked = stream.Acked.Count, lost = 0;
        foreach (var (from, to) in _missing.Ranges)
        {
            foreach (var (lostFrom, lostTo) in stream.Acked.Within(from, to))
            {
                lost += lostTo - lostFrom;
                findings.AddLost(lostTo - lostFrom, $"partition {stream.Partition}, producer {stream.Producer}, its records {lostFrom} to {lostTo - 1}");
            }
        }

        var seen = stream.Sent - _missing.Count;
        findings.UnackedRead += seen - (acked - lost);
    }
}
