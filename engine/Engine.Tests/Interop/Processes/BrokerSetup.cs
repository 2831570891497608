namespace Engine.Tests.Interop.Processes;

/// <summary>What a node is started with.</summary>
/// <param name="NodeId">Its id in the cluster.</param>
/// <param name="Data">The folder of its logs.</param>
/// <param name="Cluster">The folder that all nodes of its cluster share.</param>
/// <param name="Options">Further command-line arguments, such as <c>--flush every-batch</c>.</param>
internal sealed record BrokerSetup(int NodeId, string Data, string Cluster, params string[] Options)
{
    /// <summary>Port 0: any that is free.</summary>
    public string Listen { get; init; } = "127.0.0.1:0";

    /// <summary>A program to run the node under, with its arguments; empty to run it by itself.</summary>
    public IReadOnlyList<string> Under { get; init; } = [];

    /// <summary>The whole command line, the program first.</summary>
    public IReadOnlyList<string> CommandLine =>
    [
        .. Under, "dotnet", BrokerAssembly, "--node-id", $"{NodeId}", "--listen", Listen, "--inter-broker", "127.0.0.1:0",
        "--data", Data, "--cluster", Cluster, .. Options, "--stop-with-stdin",
    ];

    /// <summary>The broker lies beside the tests, which reference it.</summary>
    public static string BrokerAssembly => Path.Combine(AppContext.BaseDirectory, "Engine.Broker.dll");
}
