using System.Diagnostics;
using Engine.Core;

namespace Engine.Broker;

/// <summary>The node's clocks: the monotonic one for intervals, the wall clock only for timestamps that people and files see.</summary>
internal static class MonotonicClock
{
    // Stopwatch ticks are nanoseconds on Linux; elsewhere the frequency says what they are.
    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    public static Instant Now => new((long)(Stopwatch.GetTimestamp() * NanosecondsPerTick));
}
