namespace Engine.Core;

/// <summary>A moment on a monotonic clock, in nanoseconds since an origin that only its owner knows.</summary>
/// <remarks>State machines are handed instants and never read a clock, so a simulator can own time.</remarks>
public readonly record struct Instant(long Nanoseconds) : IComparable<Instant>
{
    /// <summary>Before every moment a clock can show: "do it before you return".</summary>
    public static readonly Instant AtOnce = new(long.MinValue);

    /// <summary>After every moment a clock can show.</summary>
    public static readonly Instant Never = new(long.MaxValue);

    public int CompareTo(Instant other) => Nanoseconds.CompareTo(other.Nanoseconds);

    public static Instant operator +(Instant moment, TimeSpan span) => new(moment.Nanoseconds + span.Ticks * TimeSpan.NanosecondsPerTick);

    public static Instant operator -(Instant moment, TimeSpan span) => new(moment.Nanoseconds - span.Ticks * TimeSpan.NanosecondsPerTick);

    /// <summary>The time from <paramref name="earlier"/> to <paramref name="later"/>, to the 100 ns of a <see cref="TimeSpan"/>.</summary>
    public static TimeSpan operator -(Instant later, Instant earlier) =>
        new((later.Nanoseconds - earlier.Nanoseconds) / TimeSpan.NanosecondsPerTick);

    public static bool operator <(Instant left, Instant right) => left.Nanoseconds < right.Nanoseconds;

    public static bool operator >(Instant left, Instant right) => left.Nanoseconds > right.Nanoseconds;

    public static bool operator <=(Instant left, Instant right) => left.Nanoseconds <= right.Nanoseconds;

    public static bool operator >=(Instant left, Instant right) => left.Nanoseconds >= right.Nanoseconds;
}
