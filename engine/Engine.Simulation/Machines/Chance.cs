namespace Engine.Simulation.Machines;

/// <summary>All that is random in a schedule: numbers that follow from the seed alone, on every runtime and version.</summary>
/// <remarks>SplitMix64 (Steele, Lea, Flood 2014). The runtime's own generators may change between versions.</remarks>
internal sealed class Chance(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>From 0 to one less than <paramref name="bound"/>.</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>Both ends included.</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);

    /// <summary>A time in nanoseconds between two in milliseconds.</summary>
    public long Span(int leastMs, int mostMs) => leastMs * VirtualTime.Millisecond + (long)Math.BigMul(Next(), (ulong)((mostMs - leastMs) * VirtualTime.Millisecond), out _);

    public bool Percent(int percent) => percent > 0 && Below(100) < percent;

    public bool PerMille(int perMille) => perMille > 0 && Below(1000) < perMille;

    public T Of<T>(ReadOnlySpan<T> choices) => choices[Below(choices.Length)];
}
