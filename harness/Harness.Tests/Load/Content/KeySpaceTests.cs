using System.Text;
using Harness.Load.Content;

namespace Harness.Tests.Load.Content;

public sealed class KeySpaceTests
{
    // Values of Kafka's own UtilsTest.
    [Theory]
    [InlineData("21", -973932308)]
    [InlineData("foobar", -790332482)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("a-little-bit-longer-string", -1486304829)]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    [InlineData("abc", 479470107)]
    public void Murmur2_OfKafkasVectors_IsKafkas(string text, int expected) =>
        Assert.Equal(expected, unchecked((int)Murmur2.Hash(Encoding.UTF8.GetBytes(text))));

    [Fact]
    public void Murmur2_Partition_DropsTheSignBit()
    {
        // -973932308 & 0x7fffffff = 1173551340, and that modulo 7 is 3; the absolute value's would be 6.
        Assert.Equal(3, Murmur2.Partition("21"u8, 7));
    }

    [Fact]
    public void AliasTable_DrawsInProportionAndNeverTheWeightless()
    {
        double[] weights = [5, 0, 1, 3, 0, 1];
        var table = new AliasTable(weights);
        var drawn = new int[weights.Length];
        for (var i = 0; i < 100_000; i++) drawn[table.Draw(Scramble.At(11, i))]++;
        for (var i = 0; i < weights.Length; i++) Assert.InRange(drawn[i], weights[i] * 9_700 * 1.0, weights[i] * 10_300);
    }

    [Fact]
    public void Zipf_Frequencies_FallAsTheirRankToTheTheta()
    {
        const int draws = 400_000;
        var frequency = DrawKeys(KeySpace.Parse("zipf(1000, 0.99)", partitionCount: 7)!, draws);
        var norm = Enumerable.Range(1, 1000).Sum(rank => Math.Pow(rank, -0.99));
        foreach (var rank in new[] { 1, 2, 3, 10, 100 })
        {
            var expected = draws * Math.Pow(rank, -0.99) / norm;
            Assert.InRange(frequency.GetValueOrDefault(rank - 1), expected - 5 * Math.Sqrt(expected), expected + 5 * Math.Sqrt(expected));
        }
    }

    [Fact]
    public void Uniform_Frequencies_AreEqualOverAllKeys()
    {
        var frequency = DrawKeys(KeySpace.Parse("uniform(50)", partitionCount: 4)!, 100_000);
        Assert.Equal(50, frequency.Count);
        Assert.All(frequency.Values, count => Assert.InRange(count, 2000 - 5 * 45, 2000 + 5 * 45));
    }

    [Fact]
    public void Key_OfAStream_HashesToTheStreamsPartition()
    {
        var keys = KeySpace.Parse("zipf(300, 1)", partitionCount: 5)!;
        for (var i = 0; i < 5000; i++)
        {
            var partition = keys.Partition(3, i);
            Assert.Equal(partition, Murmur2.Partition(keys.Key(99, partition, i), 5));
        }
    }

    [Fact]
    public void Partition_WithFewerKeysThanPartitions_IsNeverAnEmptyOne()
    {
        var keys = KeySpace.Parse("uniform(2)", partitionCount: 64)!;
        Assert.InRange(Enumerable.Range(0, 10_000).Select(i => keys.Partition(1, i)).Distinct().Count(), 1, 2);
    }

    [Theory]
    [InlineData("zipf(10)")]
    [InlineData("zipf(10, -1)")]
    [InlineData("uniform(0)")]
    [InlineData("uniform(1.5)")]
    [InlineData("uniform(m=3)")]
    [InlineData("gaussian(3)")]
    [InlineData("none(3)")]
    public void Parse_OfWrongText_SaysSo(string text) => Assert.Throws<FormatException>(() => KeySpace.Parse(text, 3));

    // As producers and verifiers do it: partition from the producer's sequence, key from the stream's.
    private static Dictionary<int, int> DrawKeys(KeySpace keys, int draws)
    {
        var frequency = new Dictionary<int, int>();
        var numbers = new Dictionary<int, long>();
        for (var i = 0; i < draws; i++)
        {
            var partition = keys.Partition(Scramble.Sequence(5, 3, 0), i);
            var number = numbers[partition] = numbers.GetValueOrDefault(partition) + 1;
            var key = Convert.ToInt32(Encoding.ASCII.GetString(keys.Key(Scramble.Sequence(5, 2, partition), partition, number)), 16);
            frequency[key] = frequency.GetValueOrDefault(key) + 1;
        }

        return frequency;
    }
}
