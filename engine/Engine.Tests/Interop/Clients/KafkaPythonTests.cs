using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Interop.Clients;

/// <summary>Debian's kafka-python: guesses the broker's version from what it answers and then uses fixed versions.</summary>
[Collection(OneNode.Tests)]
public sealed class KafkaPythonTests(OneNode one)
{
    private const int Partitions = 2;

    [ToolTheory(ClientTool.KafkaPython)]
    [InlineData("1")]
    [InlineData("all")]
    public void CreateProduceConsume_AHundredThousandRecords_ComeBackIdentical(string acks)
    {
        using var folder = new TemporaryFolder();
        var (input, output) = (folder.File("input"), folder.File("output"));
        File.WriteAllLines(input, Lines.Numbered);

        ClientTools.Run(ClientTools.Python, [Script, one.Cluster.Bootstrap, $"python-{acks}", $"{Partitions}", "1", acks, input, output]);

        var read = File.ReadLines(output).ToLookup(line => line[..line.IndexOf('\t')], line => line[(line.IndexOf('\t') + 1)..]);
        Assert.Equal(Partitions, read.Count);
        Lines.AssertSame(Lines.Numbered, read.Select(partition => partition.ToList()));
    }

    private static string Script => Path.Combine(AppContext.BaseDirectory, "Interop", "Clients", "kafka_python.py");
}
