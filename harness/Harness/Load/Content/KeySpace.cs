using System.Globalization;
using System.Text;

namespace Harness.Load.Content;

/// <summary>The keys of a load and how often each occurs; null stands for records without keys.</summary>
/// <remarks>
/// A key decides the partition, but a reader knows the partition and wants the key. So the choice is made in two steps with
/// the same outcome: first the partition, by the sum of the weights of the keys that hash there, from the producer's
/// sequence; then one of that partition's keys, from the stream's sequence, which the reader can repeat.
/// </remarks>
internal sealed class KeySpace
{
    /// <summary>Bytes of every key: the key's number as 16 hexadecimal digits.</summary>
    public const int KeyBytes = 16;

    private const int MaxKeys = 1 << 24;

    private readonly byte[] _keys;
    private readonly AliasTable _partitions;
    private readonly (int[] Keys, AliasTable Choice)[] _byPartition;

    private KeySpace(int count, double theta, int partitionCount)
    {
        _keys = new byte[count * KeyBytes];
        var members = new List<int>[partitionCount];
        var weights = new double[partitionCount];
        for (var i = 0; i < partitionCount; i++) members[i] = [];
        for (var key = 0; key < count; key++)
        {
            Encoding.ASCII.GetBytes(key.ToString("x16", CultureInfo.InvariantCulture), _keys.AsSpan(key * KeyBytes));
            var partition = Murmur2.Partition(Bytes(key), partitionCount);
            members[partition].Add(key);
            weights[partition] += Weight(key, theta);
        }

        _partitions = new(weights);
        _byPartition = [.. members.Select(keys => (keys.ToArray(), new AliasTable([.. keys.Select(key => Weight(key, theta))])))];
    }

    /// <summary>Which partition the <paramref name="number"/>th record of a producer goes to.</summary>
    public int Partition(ulong producerSequence, long number) => _partitions.Draw(Scramble.At(producerSequence, number));

    /// <summary>The key of a stream's record.</summary>
    public ReadOnlySpan<byte> Key(ulong streamSequence, int partition, long number)
    {
        var (keys, choice) = _byPartition[partition];
        return Bytes(keys[choice.Draw(Scramble.At(streamSequence, number))]);
    }

    /// <param name="text"><c>none</c>, <c>uniform(n)</c> or <c>zipf(n, theta)</c>: the chance of the i-th key is in proportion to 1 / i^theta.</param>
    /// <param name="partitionCount">The topic's partitions.</param>
    /// <exception cref="FormatException">The text is none of these.</exception>
    public static KeySpace? Parse(string text, int partitionCount)
    {
        var spec = SpecText.Parse(text, name => name switch
        {
            "none" => [],
            "uniform" => ["n"],
            "zipf" => ["n", "theta"],
            _ => null,
        });
        if (spec.Name == "none") return null;

        var count = spec.Number("n");
        if (count is < 1 or > MaxKeys || count != Math.Floor(count)) throw new FormatException($"'{text}': n is a whole number from 1 to {MaxKeys}");
        return new((int)count, spec.Name == "zipf" ? spec.Number("theta") : 0, partitionCount);
    }

    private ReadOnlySpan<byte> Bytes(int key) => _keys.AsSpan(key * KeyBytes, KeyBytes);

    private static double Weight(int key, double theta) => Math.Pow(key + 1, -theta);
}
