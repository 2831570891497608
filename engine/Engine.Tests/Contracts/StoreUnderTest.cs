using Engine.Broker.Metadata;
using Engine.Tests.Broker.Metadata.Etcd;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Contracts;

/// <summary>One cluster's shared state for one test: a folder, and for etcd a prefix of its own.</summary>
internal sealed class StoreUnderTest : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _text;

    private StoreUnderTest(string text) => _text = text;

    /// <summary>The stores that can be tried here; <see cref="EtcdMetadataStoreTests"/> says why etcd may be missing.</summary>
    public static IEnumerable<string> Available =>
        MetadataStores.Catalog.Strategies.Select(store => store.Name).Where(name => name != "etcd" || EtcdServer.WhatIsMissing is null);

    /// <param name="parameters">Further ones, as a user writes them.</param>
    public static StoreUnderTest Of(string name, string parameters = "") =>
        new(name == "etcd" ? EtcdServer.Shared.NewCluster(parameters) : $"{name}({parameters})");

    public IMetadataStore Open(int nodeId, SessionTimes times) =>
        MetadataStores.Catalog.Create(_text).Instance(_folder.File("cluster"), nodeId, times);

    /// <summary>A broker of the same cluster, to be started as a process.</summary>
    public BrokerSetup Broker(int nodeId, string data, params string[] options) =>
        new(nodeId, data, _folder.File("cluster"), ["--metadata", _text, .. options]);

    public void Dispose() => _folder.Dispose();
}
