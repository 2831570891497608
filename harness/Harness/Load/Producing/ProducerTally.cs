using Harness.Load.Running;

namespace Harness.Load.Producing;

/// <summary>All that one producer counts. For its thread alone until that has ended.</summary>
/// <remarks>
/// Events count where they happen: a record sent in the measured time and acknowledged after it is sent but not acknowledged
/// in it. Latencies go by the intended send time: a record due in the measured time counts however late its answer comes.
/// </remarks>
internal sealed class ProducerTally(Schedule schedule, Timeline timeline)
{
    private readonly SecondTally _second = new();
    private readonly Dictionary<string, long> _errors = [];
    private int _secondNumber;

    public ProducerCounts Measured { get; } = new();

    public ProducerCounts Whole { get; } = new();

    public Histogram Latency { get; } = new();

    public Histogram ServiceTime { get; } = new();

    public Histogram SendLateness { get; } = new();

    public Histogram GeneratorLateness { get; } = new();

    public AckPulseTally Pulse { get; } = new(schedule);

    /// <summary>Records that failed, by what their last attempt ended with.</summary>
    public IReadOnlyDictionary<string, long> Errors => _errors;

    public long FailedRecords => _errors.Values.Sum();

    /// <summary>Of the failed, those that may be stored nevertheless.</summary>
    public long IndeterminateRecords { get; private set; }

    /// <summary>Records sent once more, counted each time.</summary>
    public long ResentRecords { get; private set; }

    /// <summary>Hands the last second's figures on once it is over.</summary>
    public void Roll(long now)
    {
        var second = timeline.SecondOf(now);
        if (second == _secondNumber) return;

        Flush();
        _secondNumber = second;
    }

    /// <summary>Hands on what there is of the present second.</summary>
    public void Flush()
    {
        timeline.Add(_secondNumber, _second);
        _second.Clear();
    }

    /// <param name="batch">What was sent.</param>
    /// <param name="now">When.</param>
    /// <param name="free">Since when nothing but this producer stood in its way.</param>
    /// <param name="planned">Whether there was a time to be late against.</param>
    public void Sent(OutgoingBatch batch, long now, long free, bool planned)
    {
        Whole.SentRecords += batch.Count;
        Whole.Batches++;
        _second.SentRecords += batch.Count;
        if (schedule.Measures(now))
        {
            Measured.SentRecords += batch.Count;
            Measured.Batches++;
        }

        if (!planned) return;

        var own = Math.Max(0, now - Math.Max(batch.Due, free));
        _second.GeneratorLateness = Math.Max(_second.GeneratorLateness, own);
        if (!schedule.Measures(batch.Due)) return;

        SendLateness.RecordNanoseconds(now - batch.Due);
        GeneratorLateness.RecordNanoseconds(own);
    }

    public void SentRequest(long now, long bytes)
    {
        Whole.Requests++;
        Whole.WireBytes += bytes;
        if (!schedule.Measures(now)) return;

        Measured.Requests++;
        Measured.WireBytes += bytes;
    }

    public void Acked(OutgoingBatch batch, long sentAt, long now)
    {
        Count(Whole, batch);
        _second.AckedRecords += batch.Count;
        _second.AckedBytes += batch.PayloadBytes;
        _second.MaxLatency = Math.Max(_second.MaxLatency, now - batch.FirstIntended);
        Pulse.Add(now, batch.Count, now - batch.FirstIntended);
        if (schedule.Measures(now)) Count(Measured, batch);

        var intended = batch.Intended;
        _second.Latency.RecordSince(intended, now);
        var (from, to) = MeasuredPart(intended);
        Latency.RecordSince(intended[from..to], now);
        ServiceTime.RecordNanoseconds(now - sentAt, to - from);
    }

    public void Resent(OutgoingBatch batch) => ResentRecords += batch.Count;

    public void Failed(OutgoingBatch batch, string why)
    {
        _errors[why] = _errors.GetValueOrDefault(why) + batch.Count;
        if (batch.MayBeStored) IndeterminateRecords += batch.Count;
        _second.FailedRecords += batch.Count;
    }

    private static void Count(ProducerCounts counts, OutgoingBatch batch)
    {
        counts.AckedRecords += batch.Count;
        counts.AckedBytes += batch.PayloadBytes;
    }

    // Intended times rise within a batch, so the measured ones are a stretch of it: nearly always all or none.
    private (int From, int To) MeasuredPart(ReadOnlySpan<long> intended)
    {
        if (schedule.Measures(intended[0]) && schedule.Measures(intended[^1])) return (0, intended.Length);

        var from = 0;
        while (from < intended.Length && intended[from] < schedule.MeasureStart) from++;
        var to = from;
        while (to < intended.Length && intended[to] < schedule.MeasureEnd) to++;
        return (from, to);
    }
}

/// <summary>What one producer did in some stretch of time.</summary>
internal sealed class ProducerCounts
{
    public long SentRecords { get; set; }

    public long AckedRecords { get; set; }

    public long AckedBytes { get; set; }

    public long Batches { get; set; }

    public long Requests { get; set; }

    public long WireBytes { get; set; }

    public void Add(ProducerCounts other)
    {
        SentRecords += other.SentRecords;
        AckedRecords += other.AckedRecords;
        AckedBytes += other.AckedBytes;
        Batches += other.Batches;
        Requests += other.Requests;
        WireBytes += other.WireBytes;
    }
}
