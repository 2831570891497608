using Engine.Broker.Metadata;

namespace Engine.Tests.Broker.Metadata;

/// <summary>A folder of its own for one test's cluster, gone at the end.</summary>
internal sealed class ClusterFolder : IDisposable
{
    // A busy machine is not taken for a dead one.
    private static readonly SessionTimes Patient = new(TimeSpan.FromMinutes(1), SessionTimes.Default.HeartbeatInterval);

    private readonly string _path = Directory.CreateTempSubdirectory("testbed-cluster-").FullName;

    /// <summary>The newest journal, or where the first one will be.</summary>
    public string Journal => ClusterJournal.NewestIn(_path) ?? Path.Combine(_path, ClusterJournal.FileName + ".1");

    public string PathOf(string name) => Path.Combine(_path, name);

    public IMetadataStore Open(int nodeId, string spec = "embedded", SessionTimes? times = null) =>
        MetadataStores.Catalog.Create(spec).Instance(_path, nodeId, times ?? Patient);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
