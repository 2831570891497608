using Harness.Load.Content;

namespace Harness.Load.Producing;

/// <summary>When a producer's records are due: the plan that latencies are counted from, whatever becomes of it.</summary>
/// <remarks>Moments are <see cref="Clock"/> nanoseconds. For one thread.</remarks>
internal abstract class Arrivals
{
    /// <summary>The intended send time of the next record.</summary>
    public abstract long Next { get; }

    /// <summary>The mean distance between records in nanoseconds; 0 when there is no plan.</summary>
    public abstract double MeanGap { get; }

    /// <summary>Goes on to the record after the next.</summary>
    public abstract void Advance();

    /// <summary>Told before records are taken, for the load that has no plan but "now".</summary>
    public virtual void At(long now)
    {
    }

    /// <param name="spec">The whole load, whose rate is shared equally.</param>
    /// <param name="producer">Which of the producers, from 0.</param>
    /// <param name="start">The moment the load begins.</param>
    /// <param name="seed">Decides the gaps of random arrivals.</param>
    public static Arrivals Create(ProduceSpec spec, int producer, long start, ulong seed) => spec.Arrival switch
    {
        Arrival.OpenConstant => new ConstantArrivals(spec.RecordsPerSecond, spec.Connections, producer, start),
        Arrival.OpenPoisson => new PoissonArrivals(spec.RecordsPerSecond / spec.Connections, start, Scramble.Sequence(seed, purpose: 4, producer)),
        Arrival.OpenShaped => ArrivalShape.Parse(spec.ArrivalShape).Create(spec.RecordsPerSecond / spec.Connections, start, seed, producer),
        _ => new ClosedArrivals(),
    };
}

/// <summary>All producers together send one record every 1/rate seconds, taking turns.</summary>
internal sealed class ConstantArrivals : Arrivals
{
    private readonly double _first;
    private long _number;
    private long _next;

    public ConstantArrivals(double recordsPerSecond, int producers, int producer, long start)
    {
        MeanGap = Clock.Second / recordsPerSecond * producers;
        _first = start + producer * (Clock.Second / recordsPerSecond);
        _next = (long)_first;
    }

    public override long Next => _next;

    public override double MeanGap { get; }

    // From the number, not by adding up: a gap of 1.3 ns too much a record would be a second in ten minutes at 1M/s.
    public override void Advance() => _next = (long)(_first + ++_number * MeanGap);
}

/// <summary>Independent users: gaps are exponentially distributed, so records come in bunches.</summary>
internal sealed class PoissonArrivals : Arrivals
{
    private readonly ulong _sequence;
    private double _next;
    private long _number;

    public PoissonArrivals(double recordsPerSecond, long start, ulong sequence)
    {
        MeanGap = Clock.Second / recordsPerSecond;
        _sequence = sequence;
        _next = start;
        Advance();
    }

    public override long Next => (long)_next;

    public override double MeanGap { get; }

    public override void Advance() => _next -= Math.Log(Scramble.ToUnit(Scramble.At(_sequence, _number++))) * MeanGap;
}

/// <summary>No plan: a record is due when there is room for it.</summary>
internal sealed class ClosedArrivals : Arrivals
{
    private long _now;

    public override long Next => _now;

    public override double MeanGap => 0;

    public override void Advance()
    {
    }

    public override void At(long now) => _now = now;
}
