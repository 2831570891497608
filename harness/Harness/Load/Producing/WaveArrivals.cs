using Harness.Load.Content;

namespace Harness.Load.Producing;

/// <summary>Independent users whose number follows the hour: a Poisson process whose rate is a sine about its mean.</summary>
internal sealed class WaveArrivals : Arrivals
{
    /// <summary>Of bisection alone, from the longest of gaps to a nanosecond; of Newton's method two are usual.</summary>
    private const int StepsMax = 64;

    /// <summary>Nanoseconds.</summary>
    private const double Close = 0.5;

    private readonly ulong _sequence;
    private readonly double _swing;
    private readonly double _angle;
    private readonly double _start;
    private double _passed;
    private double _due;
    private long _number;

    /// <param name="recordsPerSecond">The mean over whole waves.</param>
    /// <param name="peak">The highest rate by the mean, from 1 to below 2.</param>
    /// <param name="period">From one peak to the next.</param>
    /// <param name="start">The moment the load begins, at the mean and rising.</param>
    /// <param name="sequence">Decides the gaps.</param>
    public WaveArrivals(double recordsPerSecond, double peak, TimeSpan period, long start, ulong sequence)
    {
        (_sequence, _swing, _angle, _start) = (sequence, peak - 1, 2 * Math.PI / Clock.Nanoseconds(period), start);
        MeanGap = Clock.Second / recordsPerSecond;
        Advance();
    }

    public override long Next => (long)(_start + _passed);

    public override double MeanGap { get; }

    // Gaps are exponential in a time that runs as fast as the rate; the moment at which that time is due lies at most two swings before its mean.
    // Newton's method finds it, within bounds: a slow rate may change a lot in one gap.
    public override void Advance()
    {
        _due -= Math.Log(Scramble.ToUnit(Scramble.At(_sequence, _number++))) * MeanGap;
        var (low, high) = (Math.Max(_passed, _due - 2 * _swing / _angle), _due);
        var at = low;
        for (var step = 0; step < StepsMax; step++)
        {
            var (sin, cos) = Math.SinCos(at * _angle);
            var off = at + _swing / _angle * (1 - cos) - _due;
            if (Math.Abs(off) < Close) break;

            if (off > 0) high = at;
            else low = at;
            at -= off / (1 + _swing * sin);
            if (at < low || at > high) at = (low + high) / 2;
        }

        _passed = at;
    }
}
