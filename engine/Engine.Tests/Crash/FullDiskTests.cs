using Engine.Core;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Crash;

/// <summary>The disk fills up under a node: producers are told, nothing acknowledged is lost, and with room again it goes on.</summary>
public sealed class FullDiskTests
{
    [LoopDiskFact]
    public void Disk_FullAndThenNot_KeepsWhatWasAcknowledgedAndGoesOn()
    {
        using var disk = new LoopDisk(megabytes: 40);
        using var cluster = new BrokerCluster(1, _ => [], _ => [], _ => disk.Folder("data"));
        cluster.CreateTopic("full");
        cluster.CreateTopic("bystander");
        using var client = cluster.Connect();
        Assert.Equal(ErrorCode.None, client.Produce("bystander", 0, RecordBatch.Of("before")).Error);
        File.WriteAllBytes(disk.Folder("ballast"), new byte[24 << 20]);

        using var producer = new PipelinedProducer(cluster.Node(1).ClientEndpoint, "full", partition: 0, acks: -1);
        producer.End(atOnce: false);
        Assert.Equal(ErrorCode.KafkaStorageError, producer.Refusal);
        Assert.Equal(ErrorCode.KafkaStorageError, client.Produce("full", 0, RecordBatch.Of("refused")).Error);
        Assert.Equal("before", Assert.Single(client.ReadAll("bystander")).Value);

        File.Delete(disk.Folder("ballast"));
        cluster.Node(1).Kill();
        cluster.Restart(1);
        cluster.WaitForInSync("full", 0, 1);
        using var again = cluster.Connect();
        var stored = again.ReadAll("full");
        Assert.Equal(new Survival(LostAcknowledged: 0, Damage: null), producer.Compare(stored, producer.Acknowledged));
        Assert.Equal(stored.Count, again.Produce("full", 0, RecordBatch.Of("goes on")).BaseOffset);
    }
}
