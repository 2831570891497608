using Harness.Load.Running;

namespace Harness.Load.Producing;

/// <summary>Counts acknowledgements, or records read, by the interval they came in. For one thread until it has ended.</summary>
internal sealed class AckPulseTally
{
    /// <summary>Far below any election, and still a few hundred bytes a second in a report.</summary>
    private const long Finest = 10 * Clock.Millisecond;

    private const int IntervalsMax = 1 << 14;

    /// <summary>A reader that goes once through a log ends when it is through: all it is given is no end. The first minutes are kept fine.</summary>
    private const long Endless = 24 * 3600 * Clock.Second;

    private readonly long _start;
    private readonly long _interval;
    private readonly long[] _records;
    private readonly long[] _worst;

    // Made whole beforehand: the load allocates nothing while it is measured.
    public AckPulseTally(Schedule schedule)
    {
        var length = Math.Max(1, schedule.DrainEnd - schedule.Start);
        _start = schedule.Start;
        _interval = length > Endless ? Finest : Math.Max(Finest, length / IntervalsMax);
        _records = new long[(int)Math.Min(length / _interval, IntervalsMax) + 2];
        _worst = new long[_records.Length];
    }

    public void Add(long now, long records, long latency)
    {
        var at = (int)Math.Clamp((now - _start) / _interval, 0, _records.Length - 1);
        _records[at] += records;
        _worst[at] = Math.Max(_worst[at], latency);
    }

    /// <summary>What all threads of one schedule counted together.</summary>
    public static AckPulse? Merge(IReadOnlyList<AckPulseTally> tallies)
    {
        if (tallies.Count == 0) return null;

        var count = tallies.Max(tally => Array.FindLastIndex(tally._records, records => records > 0)) + 1;
        return new AckPulse
        {
            StartNanoseconds = tallies[0]._start,
            IntervalNanoseconds = tallies[0]._interval,
            Records = [.. Enumerable.Range(0, count).Select(i => tallies.Sum(tally => tally._records[i]))],
            Worst = [.. Enumerable.Range(0, count).Select(i => tallies.Max(tally => tally._worst[i]))],
        };
    }
}
