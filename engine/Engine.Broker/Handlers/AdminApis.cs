using Engine.Broker.Cluster;
using Engine.Broker.Metadata;
using Engine.Broker.Partitions;
using Engine.Core.Cluster;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;

namespace Engine.Broker.Handlers;

/// <summary>The APIs off the hot path, each with its messages and its handler.</summary>
internal static class AdminApis
{
    /// <param name="store">Where the nodes agree.</param>
    /// <param name="inForce">The state that this node acts on.</param>
    /// <param name="node">The node's settings.</param>
    /// <param name="partitions">The replicas it holds.</param>
    /// <param name="session">Whether it may act on that.</param>
    public static IReadOnlyList<IAdminApi> All(IMetadataStore store, Func<ClusterState> inForce, NodeSettings node, PartitionTable partitions, ISession session)
    {
        var (metadata, create, delete) = (new MetadataHandler(store, inForce, node), new CreateTopicsHandler(store, node), new DeleteTopicsHandler(store));
        var (configs, producerIds, offsets) = (new DescribeConfigsHandler(store, node), new InitProducerIdHandler(store), new ListOffsetsHandler(partitions));
        var deleteRecords = new DeleteRecordsHandler(partitions, session);
        return
        [
            new AdminApi<ApiVersionsRequest, ApiVersionsResponse>(
                ApiKey.ApiVersions, ApiVersionsRequest.Read, (request, header) => ApiVersionsHandler.Handle(request, header.Version), Write),
            new AdminApi<MetadataRequest, MetadataResponse>(
                ApiKey.Metadata, MetadataRequest.Read, (request, _) => metadata.Handle(request), Write, mayBlock: node.AutoCreateTopics),
            new AdminApi<ListOffsetsRequest, ListOffsetsResponse>(
                ApiKey.ListOffsets, ListOffsetsRequest.Read, (request, header) => offsets.Handle(request, header.Version), Write, mayBlock: true),
            new AdminApi<CreateTopicsRequest, CreateTopicsResponse>(
                ApiKey.CreateTopics, CreateTopicsRequest.Read, (request, header) => create.Handle(request, header.Version), Write, mayBlock: true),
            new AdminApi<DeleteTopicsRequest, DeleteTopicsResponse>(
                ApiKey.DeleteTopics, DeleteTopicsRequest.Read, (request, _) => delete.Handle(request), Write, mayBlock: true),
            new AdminApi<DeleteRecordsRequest, DeleteRecordsResponse>(
                ApiKey.DeleteRecords, DeleteRecordsRequest.Read, (request, _) => deleteRecords.Handle(request), Write, mayBlock: true),
            new AdminApi<DescribeConfigsRequest, DescribeConfigsResponse>(
                ApiKey.DescribeConfigs, DescribeConfigsRequest.Read, (request, _) => configs.Handle(request), Write),
            new AdminApi<InitProducerIdRequest, InitProducerIdResponse>(
                ApiKey.InitProducerId, InitProducerIdRequest.Read, (request, _) => producerIds.Handle(request), Write, mayBlock: true),
        ];
    }

    private static void Write(ApiVersionsResponse response, ref WireWriter writer, short version) => response.Write(ref writer, version);

    private static void Write(MetadataResponse response, ref WireWriter writer, short version) => response.Write(ref writer, version);

    private static void Write(ListOffsetsResponse response, ref WireWriter writer, short version) => response.Write(ref writer, version);

    private static void Write(CreateTopicsResponse response, ref WireWriter writer, short version) => response.Write(ref writer, version);

    private static void Write(DeleteTopicsResponse response, ref WireWriter writer, short version) => response.Write(ref writer, version);

    private static void Write(DeleteRecordsResponse response, ref WireWriter writer, short version) => response.Write(ref writer, version);

    private static void Write(DescribeConfigsResponse response, ref WireWriter writer, short version) => response.Write(ref writer, version);

    private static void Write(InitProducerIdResponse response, ref WireWriter writer, short version) => response.Write(ref writer, version);
}
