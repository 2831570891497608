using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop.Clients;

/// <summary>npm's kafkajs: takes the highest version that both sides name and never looks at the lowest.</summary>
[Collection(OneNode.Tests)]
public sealed class KafkaJsTests(OneNode one)
{
    private const int Partitions = 3;

    [ToolTheory(ClientTool.KafkaJs)]
    [InlineData("1")]
    [InlineData("all")]
    public void CreateAndProduce_AHundredThousandRecords_AreStoredIdentical(string acks)
    {
        var topic = $"kafkajs-{acks}";
        using var folder = new TemporaryFolder();
        var input = folder.File("input");
        File.WriteAllLines(input, Lines.Numbered);

        ClientTools.Run(
            "node", [Script, one.Cluster.Bootstrap, topic, $"{Partitions}", "1", acks, input],
            new Dictionary<string, string> { ["NODE_PATH"] = ClientTools.KafkaJsModules });

        using var client = one.Cluster.Connect();
        Assert.Equal(Partitions, client.Metadata(topic).Topics[0].Partitions.Count);
        Lines.AssertStored(Lines.Numbered, client, topic, Partitions);
    }

    private static string Script => Path.Combine(AppContext.BaseDirectory, "Interop", "Clients", "kafkajs.js");
}
