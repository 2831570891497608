using Harness.Load.Content;

namespace Harness.Load.Producing;

/// <summary>A source that is at times on and at times off, each for an exponentially distributed time (a Markov-modulated Poisson process):
/// gaps within a burst are exponential as well.</summary>
internal sealed class BurstArrivals : Arrivals
{
    private readonly ulong _gaps;
    private readonly ulong _spans;
    private readonly double _gapInBurst;
    private readonly double _meanOn;
    private readonly double _meanOff;
    private double _next;
    private double _burstEnd;
    private long _number;
    private long _span;

    /// <param name="recordsPerSecond">On the whole, silences included.</param>
    /// <param name="on">The mean length of a burst.</param>
    /// <param name="off">The mean length of a silence.</param>
    /// <param name="start">The moment the load begins, with a burst.</param>
    /// <param name="gaps">Decides the gaps.</param>
    /// <param name="spans">Decides how long bursts and silences are.</param>
    public BurstArrivals(double recordsPerSecond, TimeSpan on, TimeSpan off, long start, ulong gaps, ulong spans)
    {
        (_gaps, _spans, _meanOn, _meanOff) = (gaps, spans, Clock.Nanoseconds(on), Clock.Nanoseconds(off));
        MeanGap = Clock.Second / recordsPerSecond;
        _gapInBurst = MeanGap * _meanOn / (_meanOn + _meanOff);
        _next = start;
        _burstEnd = start + Exponential(_spans, _span++) * _meanOn;
        Advance();
    }

    public override long Next => (long)_next;

    public override double MeanGap { get; }

    // What of a gap is left at the end of a burst is waited for in the next: an exponential has no memory.
    public override void Advance()
    {
        _next += Exponential(_gaps, _number++) * _gapInBurst;
        while (_next > _burstEnd)
        {
            var silence = Exponential(_spans, _span++) * _meanOff;
            _next += silence;
            _burstEnd += silence + Exponential(_spans, _span++) * _meanOn;
        }
    }

    private static double Exponential(ulong sequence, long number) => -Math.Log(Scramble.ToUnit(Scramble.At(sequence, number)));
}
