using Engine.Core.Strategies;
using Harness.Load.Content;

namespace Harness.Load.Producing;

/// <summary>How records of an open loop are spread over time, by its text: <c>constant</c>, <c>poisson</c>, <c>bursts(on=200ms, off=800ms)</c> or
/// <c>waves(peak=1.4, period=20s)</c>.</summary>
internal sealed record ArrivalShape
{
    private const string Bursts = "bursts";
    private const string Waves = "waves";

    private string Name { get; init; } = "";

    private TimeSpan On { get; init; }

    private TimeSpan Off { get; init; }

    private double Peak { get; init; }

    private TimeSpan Period { get; init; }

    /// <exception cref="FormatException">The text is no shape with parameters; the message says what there is.</exception>
    public static ArrivalShape Parse(string text)
    {
        var spec = SpecText.Parse(text, name => name switch { Bursts => ["on", "off"], Waves => ["peak", "period"], _ => null });
        if (spec.Name == Bursts) return new ArrivalShape { Name = Bursts, On = Duration(spec, text, "on"), Off = Duration(spec, text, "off") };

        var peak = spec.Number("peak");
        return peak is >= 1 and < 2
            ? new ArrivalShape { Name = Waves, Peak = peak, Period = Duration(spec, text, "period") }
            : throw new FormatException($"'{text}': peak is the highest rate by the mean, from 1 to below 2");
    }

    /// <summary>One producer's share of such arrivals.</summary>
    /// <param name="recordsPerSecond">Its share of the rate.</param>
    /// <param name="start">The moment the load begins.</param>
    /// <param name="seed">The load's.</param>
    /// <param name="producer">Which of the producers: each has bursts of its own, and all have the same waves.</param>
    public Arrivals Create(double recordsPerSecond, long start, ulong seed, int producer)
    {
        var gaps = Scramble.Sequence(seed, purpose: 4, producer);
        return Name == Bursts
            ? new BurstArrivals(recordsPerSecond, On, Off, start, gaps, Scramble.Sequence(seed, purpose: 5, producer))
            : new WaveArrivals(recordsPerSecond, Peak, Period, start, gaps);
    }

    private static TimeSpan Duration(SpecText spec, string text, string key) => Quantity.ParseDuration(spec.Text(key)) is { } duration && duration >= TimeSpan.FromMicroseconds(1)
        ? duration
        : throw new FormatException($"'{text}': {key} is a duration above 0 with its unit, such as 200ms");
}
