namespace Harness.Tests.Statistics;

/// <summary>Made-up measurements with the noise that repeats on a shared machine have, by a seed.</summary>
internal sealed class Draws(int seed)
{
    private readonly Random _random = new(seed);

    public double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());

    /// <summary>About 1, off by <paramref name="noise"/> as a standard deviation, a little more often upwards.</summary>
    public double Noisy(double noise) => Math.Exp(noise * Normal());

    /// <summary>Mostly near 1, at times several times that: a tail latency.</summary>
    public double Skewed() => 1 - Math.Log(1 - _random.NextDouble());

    /// <summary>Near 1 or near 1.4, by chance of the start: two layouts of memory, two states of a disk.</summary>
    public double Bimodal() => (_random.Next(2) == 0 ? 1 : 1.4) * Noisy(0.01);

    /// <summary>Values whose neighbours are alike, about 1.</summary>
    public double[] Wave(int count, double noise, double likeness)
    {
        var values = new double[count];
        var state = Normal();
        for (var i = 0; i < count; i++)
        {
            values[i] = 1 + (noise * state);
            state = (likeness * state) + (Math.Sqrt(1 - (likeness * likeness)) * Normal());
        }

        return values;
    }

    /// <summary>Runs of two cells in rounds that share what the machine was like: the second takes <paramref name="times"/> as long.</summary>
    public (double This, double Base)[] Rounds(int count, double noise, double times = 1) => [.. Enumerable.Range(0, count).Select(_ =>
    {
        var machine = Noisy(0.1);
        return (machine * times * Noisy(noise), machine * Noisy(noise));
    })];

    public double[] Many(int count, Func<Draws, double> draw) => [.. Enumerable.Range(0, count).Select(_ => draw(this))];
}
