using System.Globalization;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop.Clients;

/// <summary>The records that clients are given to produce, a line each, and the comparison with what came back.</summary>
internal static class Lines
{
    public const int Count = 100_000;

    /// <summary>Numbered, so that order shows, and of different lengths and letters, so that nothing else is.</summary>
    public static string[] Numbered { get; } = Make(new Random(7));

    /// <summary>Asserts that partitions together hold exactly <paramref name="sent"/>, each in the order it was sent in.</summary>
    public static void AssertSame(IReadOnlyList<string> sent, IEnumerable<IReadOnlyList<string>> partitions)
    {
        var all = new List<string>(sent.Count);
        foreach (var partition in partitions)
        {
            for (var i = 1; i < partition.Count; i++)
            {
                if (Number(partition[i - 1]) >= Number(partition[i]))
                    Assert.Fail($"out of order or twice: '{partition[i - 1]}' before '{partition[i]}'");
            }

            all.AddRange(partition);
        }

        all.Sort(StringComparer.Ordinal);
        Assert.Equal(sent.Count, all.Count);
        for (var i = 0; i < sent.Count; i++) if (sent[i] != all[i]) Assert.Fail($"sent '{sent[i]}' but '{all[i]}' came back");
    }

    /// <summary>The same, read back by our own client.</summary>
    public static void AssertStored(IReadOnlyList<string> sent, RawClient client, string topic, int partitions) => AssertSame(
        sent, Enumerable.Range(0, partitions).Select(partition => client.ReadAll(topic, partition).ConvertAll(record => record.Value)));

    private static int Number(string line) => int.Parse(line.AsSpan(0, 6), NumberStyles.None, CultureInfo.InvariantCulture);

    private static string[] Make(Random random)
    {
        var lines = new string[Count];
        for (var i = 0; i < lines.Length; i++) lines[i] = $"{i:D6} {(i % 10 == 0 ? "käse 乾酪 " : "")}{new string((char)('a' + (i % 26)), random.Next(40))}";
        return lines;
    }
}
