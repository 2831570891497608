using System.Globalization;
using Harness.Load;

namespace Harness.Tests.Load;

public sealed class HistogramTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Percentile_OfManySamples_IsWithinATenthOfAPercentOfTheSortedOnes(int seed)
    {
        var random = new Random(seed);
        var histogram = new Histogram();
        var samples = new long[50_000];
        for (var i = 0; i < samples.Length; i++)
        {
            // Seven decades, as latencies of one run may span.
            samples[i] = (long)Math.Exp(random.NextDouble() * Math.Log(3.0e10));
            histogram.Record(new TimeSpan(samples[i]));
        }

        Array.Sort(samples);
        foreach (var percent in new[] { 0.01, 1, 10, 50, 90, 99, 99.9, 99.99, 100 })
        {
            var exact = samples[Math.Max(1, (int)Math.Ceiling(percent / 100 * samples.Length)) - 1];
            Assert.InRange(histogram.Percentile(percent).Ticks, exact, exact + exact / 1000);
        }

        Assert.Equal(samples[0], histogram.Min.Ticks);
        Assert.Equal(samples[^1], histogram.Max.Ticks);
        Assert.Equal(samples.Average(), histogram.Mean.Ticks, 1.0);
    }

    [Fact]
    public void Record_EveryBucketBoundary_ComesBackExactlyOrJustAbove()
    {
        for (var bit = 0; bit < 36; bit++)
        {
            foreach (var ticks in new[] { (1L << bit) - 1, 1L << bit, (1L << bit) + 1 })
            {
                var histogram = new Histogram();
                histogram.Record(new TimeSpan(ticks));
                histogram.Record(Histogram.Highest); // so that the percentile is the bucket's end and not the maximum
                Assert.InRange(histogram.Percentile(50).Ticks, ticks, ticks < 2048 ? ticks : ticks + ticks / 1000);
            }
        }
    }

    [Fact]
    public void Record_BeyondTheRange_CountsInTheLastBucketAndKeepsTheMaximum()
    {
        var histogram = new Histogram();
        histogram.Record(TimeSpan.FromHours(5));
        histogram.Record(TimeSpan.FromTicks(-7));
        Assert.Equal(2, histogram.Count);
        Assert.Equal(TimeSpan.FromHours(5), histogram.Max);
        Assert.Equal(TimeSpan.Zero, histogram.Min);
        Assert.Equal(1, histogram.CountAbove(TimeSpan.FromHours(1)));
    }

    [Fact]
    public void CountAbove_MatchesCountingTheSamples()
    {
        var histogram = new Histogram();
        for (var i = 1; i <= 1000; i++) histogram.Record(TimeSpan.FromMilliseconds(i));
        Assert.Equal(1000, histogram.CountAbove(TimeSpan.Zero));
        Assert.Equal(750, histogram.CountAbove(TimeSpan.FromMilliseconds(250.3)));
        Assert.Equal(0, histogram.CountAbove(TimeSpan.FromMilliseconds(1000)));
    }

    [Fact]
    public void Merge_OfParts_EqualsOneOfAll()
    {
        var random = new Random(7);
        Histogram all = new(), left = new(), right = new();
        for (var i = 0; i < 10_000; i++)
        {
            var value = new TimeSpan(random.NextInt64(1L << random.Next(1, 36)));
            all.Record(value);
            (i % 3 == 0 ? left : right).Record(value);
        }

        left.Merge(right);
        Assert.Equal(all.ToSparse(), left.ToSparse());
        Assert.Equal((all.Count, all.Min, all.Max, all.Mean), (left.Count, left.Min, left.Max, left.Mean));
    }

    [Fact]
    public void Record_WithACount_EqualsRecordingThatOften()
    {
        Histogram once = new(), often = new();
        once.RecordNanoseconds(1_234_567, 500);
        for (var i = 0; i < 500; i++) often.RecordNanoseconds(1_234_567);
        Assert.Equal(often.ToSparse(), once.ToSparse());
        Assert.Equal(often.Mean, once.Mean);
    }

    [Fact]
    public void Record_Allocates_Nothing()
    {
        var histogram = new Histogram();
        histogram.RecordNanoseconds(1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0L; i < 100_000; i++) histogram.RecordNanoseconds(i * i);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Clear_LeavesAnEmptyHistogram()
    {
        var histogram = new Histogram();
        histogram.Record(TimeSpan.FromMilliseconds(3));
        histogram.Clear();
        Assert.Equal(0, histogram.Count);
        Assert.Equal(TimeSpan.Zero, histogram.Percentile(99));
        Assert.Empty(histogram.Steps());
    }

    [Fact]
    public void Hgrm_LastLineOfData_HoldsTheMaximumAndTheWholeCount()
    {
        var histogram = new Histogram();
        for (var i = 1; i <= 100; i++) histogram.Record(TimeSpan.FromMilliseconds(i));
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        histogram.WriteHgrm(text);

        var lines = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var data = lines.Skip(1).TakeWhile(line => line[0] != '#').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
        Assert.Equal(["100.0000", "1.000000000000", "100"], data[^1]);
        Assert.Contains(data, line => line[1] == "0.500000000000" && line[2] == "50" && line[3] == "2.00");
        Assert.Contains(lines, line => line.StartsWith("#[Max     =     100.0000", StringComparison.Ordinal));
    }

    [Fact]
    public void Hgrm_ManyBuckets_HasFiveLinesForEachHalvingOfWhatIsLeft()
    {
        var histogram = new Histogram();
        for (var i = 1; i <= 100_000; i++) histogram.Record(TimeSpan.FromMicroseconds(i));
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        histogram.WriteHgrm(text);

        var shares = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).TakeWhile(line => line[0] != '#')
            .Select(line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(shares.Order(), shares);
        Assert.Equal(4, shares.Count(share => share is > 0.01 and < 0.495)); // and the first of all buckets
        Assert.Equal(5, shares.Count(share => share is > 0.495 and < 0.745));
        Assert.Equal(5, shares.Count(share => share is > 0.745 and < 0.87));
    }
}
