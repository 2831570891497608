namespace Harness.Load.Running;

/// <summary>What all threads did in each second of a run. Thread-safe.</summary>
internal sealed class Timeline(Schedule schedule, double offeredPerSecond)
{
    private readonly Lock _lock = new();
    private readonly List<Entry> _seconds = [];

    public int SecondOf(long moment) => schedule.SecondOf(moment);

    /// <summary>Adds what one thread did in one second.</summary>
    public void Add(int second, SecondTally tally)
    {
        lock (_lock)
        {
            while (_seconds.Count <= second) _seconds.Add(new());
            _seconds[second].Add(tally);
        }
    }

    /// <summary>A second that is over; threads that report later still count, but no longer change its percentiles.</summary>
    public LoadSecond Close(int second)
    {
        lock (_lock)
        {
            while (_seconds.Count <= second) _seconds.Add(new());
            return _seconds[second].Close(second, schedule, offeredPerSecond);
        }
    }

    public IReadOnlyList<LoadSecond> All()
    {
        lock (_lock) return [.. _seconds.Select((entry, second) => entry.Close(second, schedule, offeredPerSecond))];
    }

    private sealed class Entry
    {
        private readonly SecondTally _total = new();
        private (TimeSpan P50, TimeSpan P99)? _percentiles;

        public void Add(SecondTally tally) => _total.Add(tally, withLatency: _percentiles is null);

        public LoadSecond Close(int second, Schedule schedule, double offeredPerSecond)
        {
            if (_percentiles is null && _total.Latency is { Count: > 0 } latency)
            {
                _percentiles = (latency.Percentile(50), latency.Percentile(99));
                _total.DropLatency();
            }

            // The plan ends with the measured time, perhaps within this second.
            var planned = Math.Clamp(schedule.MeasureEnd - (schedule.Start + second * Clock.Second), 0, Clock.Second);
            return new()
            {
                Second = second,
                Measured = schedule.MeasuresSecond(second),
                OfferedRecords = (long)Math.Round(offeredPerSecond * planned / Clock.Second),
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

    /// <summary>Null when nothing was acknowledged or it was dropped.</summary>
    public Histogram? Latency { get; private set; }

    public Histogram LatencyToRecord => Latency ??= new();

    public void Add(SecondTally other, bool withLatency)
    {
        SentRecords += other.SentRecords;
        AckedRecords += other.AckedRecords;
        AckedBytes += other.AckedBytes;
        FailedRecords += other.FailedRecords;
        ReadRecords += other.ReadRecords;
        ReadBytes += other.ReadBytes;
        GeneratorLateness = Math.Max(GeneratorLateness, other.GeneratorLateness);
        MaxLatency = Math.Max(MaxLatency, other.MaxLatency);
        if (withLatency && other.Latency is { Count: > 0 } latency) LatencyToRecord.Merge(latency);
    }

    public void Clear()
    {
        SentRecords = AckedRecords = AckedBytes = FailedRecords = ReadRecords = ReadBytes = GeneratorLateness = MaxLatency = 0;
        Latency?.Clear();
    }

    public void DropLatency() => Latency = null;
}
