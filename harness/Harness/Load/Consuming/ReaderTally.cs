using Harness.Load.Producing;
using Harness.Load.Running;

namespace Harness.Load.Consuming;

/// <summary>All that one reader counts. For its thread alone until that has ended.</summary>
/// <param name="measured">The time that counts; a reader that ends before it is over ends it for itself.</param>
/// <param name="timeline">Where its seconds go.</param>
internal sealed class ReaderTally(Schedule measured, Timeline timeline)
{
    private readonly SecondTally _second = new();
    private int _secondNumber = timeline.SecondOf(Clock.Now);
    private long _endedAt;

    public long Records { get; private set; }

    public long Bytes { get; private set; }

    public long Fetches { get; private set; }

    public Histogram FetchTime { get; } = new();

    public AckPulseTally Pulse { get; } = new(measured);

    public long MeasureEnd => measured.MeasureEnd;

    public void WaitForStart() => measured.WaitForStart();

    /// <summary>Of the measured time, as much as the reader was there for.</summary>
    public double Seconds => Math.Max(0, Math.Min(_endedAt, measured.MeasureEnd) - measured.MeasureStart) / (double)Clock.Second;

    /// <summary>Hands the last second's figures on once it is over.</summary>
    public void Roll(long now)
    {
        var second = timeline.SecondOf(now);
        if (second == _secondNumber) return;

        timeline.Add(_secondNumber, _second);
        _second.Clear();
        _secondNumber = second;
    }

    public void Fetched(long now, long nanoseconds)
    {
        Pulse.Add(now, 0, nanoseconds);
        if (!measured.Measures(now)) return;

        Fetches++;
        FetchTime.RecordNanoseconds(nanoseconds);
    }

    public void Read(long now, long records, long bytes)
    {
        _second.ReadRecords += records;
        _second.ReadBytes += bytes;
        Pulse.Add(now, records, 0);
        if (!measured.Measures(now)) return;

        Records += records;
        Bytes += bytes;
    }

    public void End(long now)
    {
        _endedAt = now;
        timeline.Add(_secondNumber, _second);
        _second.Clear();
    }
}
