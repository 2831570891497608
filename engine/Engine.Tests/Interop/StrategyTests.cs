using Engine.Broker.Checks;
using Engine.Broker.Network;
using Engine.Core;
using Engine.Core.Acks;
using Engine.Core.Strategies;
using Engine.Storage.Cache;
using Engine.Storage.Flush;
using Engine.Storage.Read;
using Engine.Storage.Write;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop;

/// <summary>Every strategy there is, in a running node: a new one is enrolled by being registered.</summary>
public sealed class StrategyTests
{
    private const int Partitions = 3;
    private const int BatchesPerPartition = 100;
    private const int RecordsPerBatch = 20;

    public static TheoryData<string, string> Strategies
    {
        get
        {
            IStrategyCatalog[] catalogs = [ReadPaths.Catalog, WritePaths.Catalog, FlushPolicies.Catalog, BatchCaches.Catalog, Transports.Catalog, BatchChecks.Catalog, AckRules.Catalog];
            var data = new TheoryData<string, string>();
            foreach (var catalog in catalogs)
                foreach (var (name, _) in catalog.Strategies) data.Add(catalog.Seam, name);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Strategies))]
    public void EveryStrategy_NodeKilledAndRestarted_ServesWhatItPromised(string seam, string name)
    {
        // Small segments, so that it rolls; about 100 KiB a partition.
        using var cluster = new BrokerCluster(1, seam == BatchChecks.Catalog.Seam ? "--check-batches" : $"--{seam}", name, "--set", "segment.bytes=32768");
        Assert.StartsWith(name, cluster.Node(1).Ready.GetProperty("config").GetProperty(seam).GetString(), StringComparison.Ordinal);
        cluster.CreateTopic("kept", Partitions);

        Produce(cluster, firstBatch: 0);
        AssertKept(cluster, BatchesPerPartition);
        cluster.Node(1).Kill();
        cluster.Restart(1);
        if (seam == WritePaths.Catalog.Seam && WritePaths.Catalog.Create(name).Instance.IsVolatile)
        {
            // It says that it keeps nothing. That is no reason not to serve.
            AssertKept(cluster, 0);
            Produce(cluster, firstBatch: 0);
            AssertKept(cluster, BatchesPerPartition);
            return;
        }

        AssertKept(cluster, BatchesPerPartition);
        Produce(cluster, firstBatch: BatchesPerPartition);
        AssertKept(cluster, 2 * BatchesPerPartition);
    }

    private static void Produce(BrokerCluster cluster, int firstBatch)
    {
        using var client = cluster.Connect();
        var sent = new List<(int CorrelationId, int Batch)>();
        for (var batch = firstBatch; batch < firstBatch + BatchesPerPartition; batch++)
        {
            for (var partition = 0; partition < Partitions; partition++)
                sent.Add((client.SendProduce("kept", partition, RecordBatch.Of([.. Values(partition, batch)])), batch));
        }

        foreach (var (correlationId, batch) in sent)
        {
            var answer = client.ReceiveProduced(correlationId);
            Assert.Equal((ErrorCode.None, (long)batch * RecordsPerBatch), (answer.Error, answer.BaseOffset));
        }
    }

    /// <summary>Two readers a partition, all at once.</summary>
    private static void AssertKept(BrokerCluster cluster, int batches) => Parallel.For(0, 2 * Partitions, reader =>
    {
        var partition = reader % Partitions;
        using var client = cluster.Connect();
        Assert.Equal(
            Enumerable.Range(0, batches).SelectMany(batch => Values(partition, batch)).Select((value, offset) => new StoredRecord(offset, value)),
            client.ReadAll("kept", partition, maxBytes: 20_000));
    });

    private static IEnumerable<string> Values(int partition, int batch) =>
        Enumerable.Range(0, RecordsPerBatch).Select(record => $"partition {partition} batch {batch} record {record}");
}
