using System.Diagnostics;

namespace Harness.Load;

/// <summary>CLOCK_MONOTONIC in nanoseconds: the same clock in every process of a machine, unlike any clock of the day.</summary>
internal static class Clock
{
    public const long Second = 1_000_000_000;
    public const long Millisecond = 1_000_000;

    public static long Now => Stopwatch.Frequency == Second
        ? Stopwatch.GetTimestamp()
        : (long)(Stopwatch.GetTimestamp() * ((double)Second / Stopwatch.Frequency));

    public static long Nanoseconds(TimeSpan span) => span.Ticks * TimeSpan.NanosecondsPerTick;

    public static TimeSpan Span(long nanoseconds) => new(nanoseconds / TimeSpan.NanosecondsPerTick);
}
