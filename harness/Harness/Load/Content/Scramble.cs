using System.Runtime.CompilerServices;

namespace Harness.Load.Content;

/// <summary>Random bits as a pure function of a seed and a place, so that a reader can work out what a writer chose.</summary>
/// <remarks>The finaliser of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).</remarks>
internal static class Scramble
{
    private const ulong GoldenRatio = 0x9E3779B97F4A7C15;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>64 random bits for the <paramref name="number"/>th choice of one sequence.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong At(ulong sequence, long number) => Mix(sequence + (ulong)number * GoldenRatio);

    /// <summary>The seed of one of a seed's many independent sequences.</summary>
    public static ulong Sequence(ulong seed, ulong purpose, int index) => Mix(Mix(seed + purpose * GoldenRatio) + (ulong)index);

    /// <summary>A number in (0, 1): 53 bits, never 0, so its logarithm is finite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double ToUnit(ulong bits) => ((bits >> 11) + 0.5) * (1.0 / (1L << 53));
}
