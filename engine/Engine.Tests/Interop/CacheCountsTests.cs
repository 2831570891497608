using System.Text.Json;
using Engine.Core;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop;

/// <summary>A node that stops tells what its batch cache was worth.</summary>
public sealed class CacheCountsTests
{
    private const int Reads = 5;

    [Theory]
    [InlineData("none", 0, 0)]
    [InlineData("heap-tail(budget=1MiB)", Reads, 1 << 20)]
    [InlineData("native(budget=1MiB)", Reads, 1 << 20)]
    public void CleanStop_AfterReads_TellsHitsAndBudget(string cache, int hits, long budgetBytes)
    {
        using var cluster = new BrokerCluster(1, "--cache", cache);
        cluster.CreateTopic("read");
        using var client = cluster.Connect();
        Assert.Equal(ErrorCode.None, client.Produce("read", 0, RecordBatch.Of("a", "b")).Error);
        for (var i = 0; i < Reads; i++) Assert.NotEmpty(client.Fetch("read", 0, 0).Records);

        var node = cluster.Node(1);
        Assert.Equal(0, node.Stop());

        var line = node.Output.Split('\n').Single(line => line.StartsWith("stopped ", StringComparison.Ordinal));
        var stopped = JsonDocument.Parse(line["stopped ".Length..]).RootElement;
        Assert.Equal(hits, stopped.GetProperty("cacheHits").GetInt64());
        Assert.Equal(0, stopped.GetProperty("cacheMisses").GetInt64());
        Assert.Equal(budgetBytes, stopped.GetProperty("cacheBudgetBytes").GetInt64());
        Assert.InRange(stopped.GetProperty("cacheHeldBytes").GetInt64(), budgetBytes == 0 ? 0 : 1, budgetBytes);
    }
}
