using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using Engine.Core.Strategies;

namespace Harness.Load;

/// <summary>Durations counted in log-linear buckets: three significant digits from 100 ns to over an hour, in constant space.</summary>
/// <remarks>
/// The layout is HdrHistogram's: values below 2048 units of 100 ns are exact, above them every doubling is cut into 1024
/// buckets, so a bucket is at most 0.1 % wide. Recording neither allocates nor searches. Merging adds counts, which is
/// exact; a mean of percentiles never is. Not thread-safe.
/// </remarks>
public sealed class Histogram
{
    /// <summary>Values beyond this are counted in the last bucket; <see cref="Max"/> stays exact.</summary>
    public static readonly TimeSpan Highest = new((1L << (Halves + HalfBits)) - 1);

    private const int HalfBits = 10;
    private const int Half = 1 << HalfBits;
    private const int Halves = 26; // 2^(26 + 10) units of 100 ns = 1.9 h
    private const int Buckets = (Halves + 1) * Half;
    private const int LinesPerHalving = 5;

    private readonly long[] _counts = new long[Buckets];
    private long _min = long.MaxValue;
    private long _max;
    private double _sum;

    public long Count { get; private set; }

    /// <summary>Zero when nothing was recorded.</summary>
    public TimeSpan Min => new(Count == 0 ? 0 : _min);

    public TimeSpan Max => new(_max);

    public TimeSpan Mean => new(Count == 0 ? 0 : (long)Math.Round(_sum / Count));

    /// <summary>Counts one duration; a negative one as zero.</summary>
    public void Record(TimeSpan value) => RecordTicks(value.Ticks, 1);

    public void Record(TimeSpan value, long count) => RecordTicks(value.Ticks, count);

    /// <summary>Counts one duration given in nanoseconds, rounded down to 100 ns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RecordNanoseconds(long nanoseconds) => RecordTicks(nanoseconds / TimeSpan.NanosecondsPerTick, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RecordNanoseconds(long nanoseconds, long count) => RecordTicks(nanoseconds / TimeSpan.NanosecondsPerTick, count);

    /// <summary>Counts the time from each of many moments to <paramref name="now"/>, all in nanoseconds.</summary>
    public void RecordSince(ReadOnlySpan<long> moments, long now)
    {
        foreach (var moment in moments) RecordNanoseconds(now - moment);
    }

    /// <summary>Adds the counts of <paramref name="other"/>.</summary>
    public void Merge(Histogram other)
    {
        for (var i = 0; i < Buckets; i++) _counts[i] += other._counts[i];
        Count += other.Count;
        _sum += other._sum;
        _min = Math.Min(_min, other._min);
        _max = Math.Max(_max, other._max);
    }

    public void Clear()
    {
        Array.Clear(_counts);
        (Count, _sum, _min, _max) = (0, 0, long.MaxValue, 0);
    }

    /// <summary>The smallest value that at least <paramref name="percent"/> of all do not exceed, to the bucket's upper end.</summary>
    public TimeSpan Percentile(double percent)
    {
        if (Count == 0) return TimeSpan.Zero;

        var rank = Math.Clamp((long)Math.Ceiling(percent / 100 * Count), 1, Count);
        for (int i = 0; i < Buckets; i++)
            if ((rank -= _counts[i]) <= 0) return new(Math.Min(_max, HighestOf(i)));
        return Max;
    }

    /// <summary>How many values lie above <paramref name="value"/>, to the width of its bucket.</summary>
    public long CountAbove(TimeSpan value)
    {
        var above = 0L;
        for (var i = IndexOf(value.Ticks) + 1; i < Buckets; i++) above += _counts[i];
        return above;
    }

    /// <summary>The buckets that hold anything, in order: upper end and count.</summary>
    public IEnumerable<(TimeSpan UpTo, long Count)> Steps()
    {
        for (var i = 0; i < Buckets; i++)
            if (_counts[i] > 0) yield return (new(Math.Min(_max, HighestOf(i))), _counts[i]);
    }

    /// <summary>Writes the percentile distribution as HdrHistogram's <c>.hgrm</c> text, in milliseconds, which its plotters read.</summary>
    /// <remarks>As there, five lines for each halving of the distance to the maximum: all buckets would be thousands that no plot shows.</remarks>
    public void WriteHgrm(TextWriter writer)
    {
        writer.WriteLine("       Value     Percentile TotalCount 1/(1-Percentile)");
        writer.WriteLine();
        var seen = 0L;
        var due = 0.0;
        foreach (var (upTo, count) in Steps())
        {
            seen += count;
            var share = (double)seen / Count;
            if (share < due - 1e-9 && seen < Count) continue; // tenths do not add up exactly

            while (due <= share + 1e-9 && seen < Count) due += 1 / (LinesPerHalving * Math.Pow(2, Math.Floor(Math.Log2(1 / (1 - due))) + 1));
            var inverse = seen == Count ? "" : string.Create(CultureInfo.InvariantCulture, $" {1 / (1 - share),14:F2}");
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{upTo.TotalMilliseconds,12:F4} {share,14:F12} {seen,10}{inverse}"));
        }

        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"#[Mean    = {Mean.TotalMilliseconds,12:F4}, StdDeviation   = {StandardDeviation.TotalMilliseconds,12:F4}]"));
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"#[Max     = {Max.TotalMilliseconds,12:F4}, Total count    = {Count,12}]"));
        writer.WriteLine($"#[Buckets = {Halves,12}, SubBuckets     = {2 * Half,12}]");
    }

    public override string ToString() =>
        $"n={Count} p50={Quantity.Format(Percentile(50))} p99={Quantity.Format(Percentile(99))} max={Quantity.Format(Max)}";

    private TimeSpan StandardDeviation
    {
        get
        {
            if (Count == 0) return TimeSpan.Zero;

            double mean = _sum / Count, squares = 0;
            foreach (var (upTo, count) in Steps()) squares += count * Math.Pow(upTo.Ticks - mean, 2);
            return new((long)Math.Sqrt(squares / Count));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void RecordTicks(long ticks, long count)
    {
        if (ticks < 0) ticks = 0;
        _counts[IndexOf(ticks)] += count;
        Count += count;
        _sum += (double)ticks * count;
        if (ticks < _min) _min = ticks;
        if (ticks > _max) _max = ticks;
    }

    // Below 2 * Half a value is its own index. Above, shifting it to the range [Half, 2 * Half) gives the place within its
    // doubling and the shift gives the doubling: index = shift * Half + shifted.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int IndexOf(long ticks)
    {
        if (ticks > Highest.Ticks) ticks = Highest.Ticks;
        var shift = Math.Max(0, 63 - HalfBits - BitOperations.LeadingZeroCount((ulong)ticks));
        return (shift << HalfBits) + (int)(ticks >> shift);
    }

    private static long HighestOf(int index)
    {
        if (index < 2 * Half) return index;

        var shift = (index >> HalfBits) - 1;
        return ((long)(index - (shift << HalfBits) + 1) << shift) - 1;
    }

    /// <summary>The counts as pairs of (distance from the bucket before, count): what JSON carries.</summary>
    internal long[] ToSparse()
    {
        var sparse = new List<long>();
        var last = 0;
        for (var i = 0; i < Buckets; i++)
        {
            if (_counts[i] == 0) continue;

            sparse.Add(i - last);
            sparse.Add(_counts[i]);
            last = i;
        }

        return [.. sparse];
    }

    /// <exception cref="FormatException">Not what <see cref="ToSparse"/> gives.</exception>
    internal static Histogram FromSparse(IReadOnlyList<long> sparse, TimeSpan min, TimeSpan max, double sumTicks)
    {
        var histogram = new Histogram { _sum = sumTicks, _max = max.Ticks };
        var index = 0L;
        for (var i = 0; i + 1 < sparse.Count; i += 2)
        {
            index += sparse[i];
            if (index is < 0 or >= Buckets || sparse[i + 1] < 0) throw new FormatException("a histogram's counts do not fit its buckets");
            histogram._counts[index] = sparse[i + 1];
            histogram.Count += sparse[i + 1];
        }

        if (histogram.Count > 0) histogram._min = min.Ticks;
        return histogram;
    }

    internal double SumTicks => _sum;
}
