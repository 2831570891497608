using Engine.Protocol.Records;
using Harness.Checking;

namespace Harness.Tests.Checking;

public sealed class ReplicaComparisonTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-replicas-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void SameBatches_InOtherSegmentsAndBehindTheHighWatermarkAnything_AreEqual()
    {
        var batches = Batches(50);
        var one = Write(1, [.. batches], cuts: [20]);
        var two = Write(2, [.. batches[..45], Batch(45 * 3, seed: 9)], cuts: [7, 31], reservedBytes: 100_000);

        Assert.Empty(Compare(45 * 3, out var bytes, one, two));
        Assert.Equal(batches[..45].Sum(batch => (long)batch.Length), bytes);
        Assert.Contains("offset 135", Assert.Single(Compare(45 * 3 + 1, out _, one, two)), StringComparison.Ordinal);
    }

    [Fact]
    public void OtherRecordsOrEpoch_AreADifferenceAtTheirOffset()
    {
        var batches = Batches(20);
        var one = Write(1, batches);
        var records = Write(2, [.. batches[..10], Batch(30, seed: 99), .. batches[11..]]);
        byte[][] otherEpoch = [.. batches.Select(batch => (byte[])batch.Clone())];
        BatchHeader.Assign(otherEpoch[15], 45, leaderEpoch: 8);
        var epoch = Write(3, otherEpoch);

        var differences = Compare(60, out _, one, records, epoch);
        Assert.Equal(2, differences.Count);
        Assert.Contains("nodes 1 and 2: the bytes differ in the batch at offset 30", differences[0], StringComparison.Ordinal);
        Assert.Contains("nodes 1 and 3: the bytes differ in the batch at offset 45", differences[1], StringComparison.Ordinal);
    }

    [Fact]
    public void ShortReplica_IsADifferenceOnlyBelowTheHighWatermark()
    {
        var batches = Batches(20);
        var one = Write(1, batches);
        var two = Write(2, batches[..12]);

        Assert.Empty(Compare(36, out _, one, two));
        Assert.Contains("the second ends at offset 36", Assert.Single(Compare(37, out _, one, two)), StringComparison.Ordinal);
        Assert.Contains("ends at offset 0", Assert.Single(Compare(37, out _, one, new ReplicaPlace(9, Path.Combine(_folder, "none")))), StringComparison.Ordinal);
    }

    [Fact]
    public void DamageOrATornTail_IsNamed()
    {
        var batches = Batches(20);
        var one = Write(1, batches);
        byte[][] damaged = [.. batches.Select(batch => (byte[])batch.Clone())];
        damaged[4][^1] ^= 1;
        var two = Write(2, damaged);
        var three = Write(3, [.. batches[..10], batches[10][..40]]);

        Assert.Contains("offset 12 is damaged", Assert.Single(Compare(60, out _, one, two)), StringComparison.Ordinal);
        Assert.Contains("ends within a batch", Assert.Single(Compare(60, out _, one, three)), StringComparison.Ordinal);
    }

    [Fact]
    public void Retention_OnOneReplicaOnly_IsNoDifference()
    {
        var batches = Batches(20);
        Assert.Empty(Compare(60, out var bytes, Write(1, batches), Write(2, batches[6..])));
        Assert.Equal(batches[6..].Sum(batch => (long)batch.Length), bytes);
    }

    private static IReadOnlyList<string> Compare(long highWatermark, out long bytes, params ReplicaPlace[] replicas) =>
        ReplicaComparison.Differences("t", 0, highWatermark, replicas, out bytes);

    private static byte[][] Batches(int count) => [.. Enumerable.Range(0, count).Select(number => Batch(number * 3, seed: 1))];

    private static byte[] Batch(long offset, int seed)
    {
        var buffer = new byte[1000];
        var builder = new BatchBuilder();
        builder.Begin(buffer, 0, buffer.Length, baseTimestampMs: seed, producerId: 5, producerEpoch: 0, baseSequence: (int)offset);
        for (var i = 0; i < 3; i++) builder.TryAppend(seed, new byte[(offset + i) % 200]);
        byte[] batch = buffer[..builder.Finish()];
        BatchHeader.Assign(batch, offset, leaderEpoch: 3);
        return batch;
    }

    private ReplicaPlace Write(int node, byte[][] batches, int[]? cuts = null, int reservedBytes = 0)
    {
        var place = new ReplicaPlace(node, Path.Combine(_folder, $"node-{node}"));
        var folder = Directory.CreateDirectory(Path.Combine(place.DataFolder, "t-0")).FullName;
        var from = 0;
        foreach (var to in (cuts ?? []).Append(batches.Length))
        {
            var baseOffset = new BatchHeader(batches[from]).BaseOffset;
            File.WriteAllBytes(Path.Combine(folder, $"{baseOffset:D20}.log"), [.. batches.Skip(from).Take(to - from).SelectMany(batch => batch), .. new byte[reservedBytes]]);
            from = to;
        }

        return place;
    }
}
