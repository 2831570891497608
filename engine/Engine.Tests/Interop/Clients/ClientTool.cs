namespace Engine.Tests.Interop.Clients;

/// <summary>Programs that tests need and that a machine may lack.</summary>
public enum ClientTool
{
    /// <summary>librdkafka's command line.</summary>
    Kcat,

    /// <summary>kafka-python for the system's Python.</summary>
    KafkaPython,

    /// <summary>npm's kafkajs, in the node_modules of the folder that KAFKAJS_HOME names.</summary>
    KafkaJs,

    /// <summary>Apache Kafka's own tools, in the folder that KAFKA_HOME names.</summary>
    KafkaTools,

    /// <summary>strace, with the right to use it.</summary>
    Strace,
}

/// <summary>A test that is skipped, with the reason, where one of its programs is missing.</summary>
public sealed class ToolFactAttribute : FactAttribute
{
    public ToolFactAttribute(params ClientTool[] tools) => Skip = ClientTools.WhatIsMissing(tools)!;
}

/// <summary>The same for a test with data.</summary>
public sealed class ToolTheoryAttribute : TheoryAttribute
{
    public ToolTheoryAttribute(params ClientTool[] tools) => Skip = ClientTools.WhatIsMissing(tools)!;
}
