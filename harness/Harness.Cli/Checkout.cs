using System.Reflection;
using Harness.Systems;
using Harness.Systems.Kafka;

namespace Harness.Cli;

/// <summary>Where things lie that are not part of the command itself.</summary>
internal static class Checkout
{
    private const string Landmark = "Testbed.sln";

    /// <summary>The root of the checkout that the command was built in, or null when it was carried elsewhere.</summary>
    public static string? Root { get; } = FindUpwards(AppContext.BaseDirectory);

    /// <summary>Where results go unless told otherwise: the checkout's <c>results</c>, else one in the current folder.</summary>
    public static string Results => Path.Combine(Root ?? Environment.CurrentDirectory, "results");

    /// <summary>Where data goes unless told otherwise.</summary>
    public static string Data => Path.Combine(Path.GetTempPath(), "testbed");

    /// <summary>The broker that was built with this command, or the one that TESTBED_BROKER names.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public static string BrokerAssembly => Built("BrokerAssembly", "Engine.Broker.dll", "TESTBED_BROKER");

    /// <summary>Every system that plans can name.</summary>
    /// <exception cref="CommandException">There is no broker of ours.</exception>
    public static ISystemUnderTest Systems => new ChosenSystem(new TestbedEngine(BrokerAssembly), ApacheKafka.AsShipped(), ApacheKafka.Tuned());

    /// <summary>The benchmarks that were built with this command, or those that TESTBED_MICRO names.</summary>
    /// <exception cref="CommandException">There are none.</exception>
    public static string MicroAssembly => Built("MicroAssembly", "Micro.dll", "TESTBED_MICRO");

    /// <summary>The simulator that was built with this command, or the one that TESTBED_SIMULATION names.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public static string SimulationAssembly => Built("SimulationAssembly", "Engine.Simulation.dll", "TESTBED_SIMULATION");

    private static string Built(string key, string name, string variable)
    {
        var built = typeof(Checkout).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(m => m.Key == key).Value!;
        var path = Environment.GetEnvironmentVariable(variable) is { Length: > 0 } named ? named
            : Root is not null ? Path.Combine(Root, built)
            : throw new CommandException($"the command lies outside its checkout: name {name} with the variable {variable}.");
        return File.Exists(path) ? path : throw new CommandException($"there is no {path}: build the solution, or name {name} with the variable {variable}.");
    }

    private static string? FindUpwards(string folder)
    {
        for (var current = new DirectoryInfo(folder); current is not null; current = current.Parent)
            if (File.Exists(Path.Combine(current.FullName, Landmark))) return current.FullName;
        return null;
    }
}
