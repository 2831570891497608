using Harness.Load.Producing;

namespace Harness.Load.Running;

/// <summary>What all threads did in each second of a run. Thread-safe.</summary>
internal sealed class Timeline(Schedule schedule, double offeredPerSecond, ArrivalPlan? plan = null)
{
    private readonly Lock _lock = new();
    private readonly List<Entry> _seconds = [];
    private readonly Stack<Histogram> _spare = []; // one is 216 KiB: too much garbage for every second of a run

    public int SecondOf(long moment) => schedule.SecondOf(moment);

    /// <summary>Adds what one thread did in one second.</summary>
    public void Add(int second, SecondTally tally)
    {
        lock (_lock)
        {
            At(second).Add(tally, _spare);
        }
    }

    /// <summary>A second that is over; threads that report later still count, but no longer change its percentiles.</summary>
    public LoadSecond Close(int second)
    {
        lock (_lock)
        {
            return At(second).Close(second, schedule, OfferedIn(second), _spare);
        }
    }

    public IReadOnlyList<LoadSecond> All()
    {
        lock (_lock) return [.. _seconds.Select((entry, second) => entry.Close(second, schedule, OfferedIn(second), _spare))];
    }

    private long OfferedIn(int second)
    {
        if (plan is not null) return plan[second];

        // The plan ends with the measured time, perhaps within this second.
        var planned = Math.Clamp(schedule.MeasureEnd - (schedule.Start + second * Clock.Second), 0, Clock.Second);
        return (long)Math.Round(offeredPerSecond * planned / Clock.Second);
    }

    private Entry At(int second)
    {
        while (_seconds.Count <= second) _seconds.Add(new());
        return _seconds[second];
    }

    private sealed class Entry
    {
        private readonly SecondTally _total = new();
        private Histogram? _latency;
        private (TimeSpan P50, TimeSpan P99)? _percentiles;

        public void Add(SecondTally tally, Stack<Histogram> spare)
        {
            _total.Add(tally);
            if (tally.AckedRecords == 0 || _percentiles is not null) return;

            _latency ??= spare.TryPop(out var reused) ? reused : new();
            _latency.Merge(tally.Latency);
        }

        public LoadSecond Close(int second, Schedule schedule, long offered, Stack<Histogram> spare)
        {
            if (_latency is not null)
            {
                _percentiles = (_latency.Percentile(50), _latency.Percentile(99));
                _latency.Clear();
                spare.Push(_latency);
                _latency = null;
            }

            return new()
            {
                Second = second,
                Measured = schedule.MeasuresSecond(second),
                OfferedRecords = offered,
                SentRecords = _total.SentRecords,
                AckedRecords = _total.AckedRecords,
                AckedBytes = _total.AckedBytes,
                FailedRecords = _total.FailedRecords,
                P50 = _percentiles?.P50,
                P99 = _percentiles?.P99,
                Max = _percentiles is null ? null : Clock.Span(_total.MaxLatency),
                GeneratorLateness = Clock.Span(_total.GeneratorLateness),
                ReadRecords = _total.ReadRecords,
                ReadBytes = _total.ReadBytes,
            };
        }
    }
}

/// <summary>What one thread did in one second. For that thread alone.</summary>
internal sealed class SecondTally
{
    private Histogram? _latency;

    public long SentRecords { get; set; }

    public long AckedRecords { get; set; }

    public long AckedBytes { get; set; }

    public long FailedRecords { get; set; }

    public long ReadRecords { get; set; }

    public long ReadBytes { get; set; }

    /// <summary>The largest, in nanoseconds.</summary>
    public long GeneratorLateness { get; set; }

    /// <summary>The largest, in nanoseconds.</summary>
    public long MaxLatency { get; set; }

    public Histogram Latency => _latency ??= new();

    /// <summary>Adds another's figures, but for its latencies.</summary>
    public void Add(SecondTally other)
    {
        SentRecords += other.SentRecords;
        AckedRecords += other.AckedRecords;
        AckedBytes += other.AckedBytes;
        FailedRecords += other.FailedRecords;
        ReadRecords += other.ReadRecords;
        ReadBytes += other.ReadBytes;
        GeneratorLateness = Math.Max(GeneratorLateness, other.GeneratorLateness);
        MaxLatency = Math.Max(MaxLatency, other.MaxLatency);
    }

    public void Clear()
    {
        SentRecords = AckedRecords = AckedBytes = FailedRecords = ReadRecords = ReadBytes = GeneratorLateness = MaxLatency = 0;
        _latency?.Clear();
    }
}
