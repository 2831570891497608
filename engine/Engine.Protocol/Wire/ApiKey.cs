namespace Engine.Protocol.Wire;

/// <summary>The protocol's request kinds that the engine or its clients use.</summary>
public enum ApiKey : short
{
    Produce = 0,
    Fetch = 1,
    ListOffsets = 2,
    Metadata = 3,
    ApiVersions = 18,
    CreateTopics = 19,
    DeleteTopics = 20,
    DeleteRecords = 21,
    InitProducerId = 22,
    DescribeConfigs = 32,

    /// <summary>Ours, between brokers: a leader pushes to its followers. Far above the numbers that Kafka gives out, one after the other.</summary>
    Push = 500,
}
