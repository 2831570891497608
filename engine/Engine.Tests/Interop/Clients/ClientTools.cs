using System.Collections.Concurrent;
using System.ComponentModel;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Interop.Clients;

/// <summary>Finds and runs the programs of <see cref="ClientTool"/>.</summary>
internal static class ClientTools
{
    /// <summary>Debian's own, whose packages it finds; the first on the path may be another.</summary>
    public const string Python = "/usr/bin/python3";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    private static readonly ConcurrentDictionary<ClientTool, string?> Missing = new();

    public static string KafkaHome => Environment.GetEnvironmentVariable("KAFKA_HOME") ?? "";

    public static string KafkaJsModules => Path.Combine(Environment.GetEnvironmentVariable("KAFKAJS_HOME") ?? "", "node_modules");

    /// <summary>Why a test that needs these cannot run here; null when it can.</summary>
    public static string? WhatIsMissing(IEnumerable<ClientTool> tools) =>
        tools.Select(tool => Missing.GetOrAdd(tool, Look)).FirstOrDefault(reason => reason is not null);

    /// <summary>Runs a program to its end, which must be a good one; gives its standard output.</summary>
    public static string Run(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        using var process = new ChildProcess(file, arguments, environment);
        var exitCode = process.WaitForExit(Deadline);
        if (exitCode != 0) Assert.Fail($"{file} {string.Join(' ', arguments)} ended with {exitCode}: {process.ErrorsTail}{process.Output[^Math.Min(process.Output.Length, 2000)..]}");
        return process.Output;
    }

    private static string? Look(ClientTool tool) => tool switch
    {
        ClientTool.Kcat => Works("kcat", "-V") ? null : "kcat is not installed",
        ClientTool.KafkaPython => Works(Python, "-c", "import kafka") ? null : $"{Python} has no package 'kafka' (Debian: python3-kafka)",
        ClientTool.KafkaJs when !Directory.Exists(Path.Combine(KafkaJsModules, "kafkajs")) => "KAFKAJS_HOME names no folder with node_modules/kafkajs",
        ClientTool.KafkaJs => Works("node", "--version") ? null : "node is not installed",
        ClientTool.KafkaTools when !File.Exists(Path.Combine(KafkaHome, "bin", "kafka-topics.sh")) => "KAFKA_HOME names no folder with bin/kafka-topics.sh",
        ClientTool.KafkaTools => Works("java", "-version") ? null : "java is not installed",
        ClientTool.Strace => Works("strace", "-f", "-qq", "-o", "/dev/null", "true") ? null : "strace is not installed or may not trace here",
        _ => throw new ArgumentOutOfRangeException(nameof(tool)),
    };

    private static bool Works(string file, params string[] arguments)
    {
        try
        {
            using var process = new ChildProcess(file, arguments);
            return process.WaitForExit(Deadline) == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
