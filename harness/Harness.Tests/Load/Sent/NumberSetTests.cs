using Harness.Load.Sent;

namespace Harness.Tests.Load.Sent;

public sealed class NumberSetTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void AddAndRemove_InAnyOrder_MatchAPlainSet(int seed)
    {
        var random = new Random(seed);
        var ranges = new NumberSet();
        var plain = new SortedSet<long>();
        for (var step = 0; step < 2000; step++)
        {
            long from = random.Next(300), to = from + random.Next(12);
            var numbers = Enumerable.Range((int)from, (int)(to - from)).Select(n => (long)n).ToList();
            if (random.Next(2) == 0 && !numbers.Any(plain.Contains))
            {
                ranges.Add(from, to);
                plain.UnionWith(numbers);
            }
            else
            {
                Assert.Equal(numbers.Count(plain.Remove), ranges.Remove(from, to));
            }

            Assert.Equal(plain.Count, ranges.Count);
        }

        Assert.Equal(plain, Flatten(ranges.Ranges));
        Assert.Equal(plain.Where(n => n is >= 50 and < 200), Flatten(ranges.Within(50, 200)));
        for (var i = 1; i < ranges.Ranges.Count; i++) Assert.True(ranges.Ranges[i - 1].To < ranges.Ranges[i].From);
    }

    [Fact]
    public void Add_InOrder_StaysOneRange()
    {
        var ranges = new NumberSet();
        for (var i = 0; i < 1000; i++) ranges.Add(i * 10, i * 10 + 10);
        Assert.Equal((0, 10_000), Assert.Single(ranges.Ranges));
    }

    private static IEnumerable<long> Flatten(IEnumerable<(long From, long To)> ranges) =>
        ranges.SelectMany(range => Enumerable.Range((int)range.From, (int)(range.To - range.From)).Select(n => (long)n));
}
