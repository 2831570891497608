using System.Diagnostics;

namespace Harness.Measures;

/// <summary>The events of one process's runtime, kept so that any stretch of time can be asked for. Thread-safe.</summary>
/// <remarks>Moments are of <see cref="Stopwatch"/>'s clock and come in order.</remarks>
internal sealed class RuntimeLog
{
    private readonly Lock _lock = new();
    private readonly List<(long From, long To)> _pauses = [];
    private readonly List<(long At, int Generation)> _collections = [];
    private readonly List<(long At, RuntimeCounter Counter, double Value, double Seconds)> _counted = [];
    private long? _suspended;

    /// <summary>Its threads are being stopped for a collection.</summary>
    public void Suspended(long at)
    {
        lock (_lock) _suspended = at;
    }

    /// <summary>They go on. Where they had been stopped for something else it is no pause of a collection.</summary>
    public void Resumed(long at)
    {
        lock (_lock)
        {
            if (_suspended is { } since) _pauses.Add((since, at));
            _suspended = null;
        }
    }

    /// <summary>A collection begins.</summary>
    public void Collected(long at, int generation)
    {
        lock (_lock) _collections.Add((at, generation));
    }

    /// <summary>What it counted since it last said so, or how much there is at the moment.</summary>
    public void Counted(long at, RuntimeCounter counter, double value, double seconds)
    {
        lock (_lock) _counted.Add((at, counter, value, seconds));
    }

    /// <summary>What happened from one moment to another; of a pause that reaches out of it, the part within.</summary>
    public RuntimeUse Between(long from, long to)
    {
        lock (_lock)
        {
            var within = _pauses.Select(pause => Math.Min(pause.To, to) - Math.Max(pause.From, from)).Where(ticks => ticks > 0).DefaultIfEmpty().ToList();
            return new RuntimeUse(Stopwatch.GetElapsedTime(0, within.Sum()), Stopwatch.GetElapsedTime(0, within.Max()), Collections(0), Collections(1), Collections(2))
            {
                AllocatedBytesPerSecond = PerSecond(RuntimeCounter.AllocatedBytes),
                ContentionsPerSecond = PerSecond(RuntimeCounter.Contentions),
                QueueLengthMax = Told(RuntimeCounter.QueueLength).Select(told => (double?)told.Value).Max(),
            };
        }

        double? PerSecond(RuntimeCounter counter) => Told(counter) is { Count: > 0 } told
            ? told.Sum(interval => interval.Value) / told.Sum(interval => interval.Seconds)
            : null;

        // Its intervals are not ours: one belongs here when the middle of it does.
        List<(double Value, double Seconds)> Told(RuntimeCounter counter) =>
        [
            .. _counted.Where(interval => interval.Counter == counter && MiddleOf(interval.At, interval.Seconds) is var middle && middle >= from && middle < to)
                .Select(interval => (interval.Value, interval.Seconds)),
        ];

        static double MiddleOf(long end, double seconds) => end - seconds / 2 * Stopwatch.Frequency;

        int Collections(int generation) => _collections.Count(collection => collection.Generation == generation && collection.At >= from && collection.At < to);
    }
}
