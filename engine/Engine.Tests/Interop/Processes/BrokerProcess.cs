using System.ComponentModel;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Engine.Tests.Interop.Processes;

/// <summary>A running node: a process of its own, as a user starts it. Disposing kills it.</summary>
internal sealed class BrokerProcess : IDisposable
{
    private const int NoSuchProcess = 3; // ESRCH

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ChildProcess _process;

    private BrokerProcess(BrokerSetup setup, ChildProcess process, JsonElement ready)
    {
        (Setup, _process) = (setup, process);
        ClientEndpoint = IPEndPoint.Parse(ready.GetProperty("listen").GetString()!);
        InterBrokerEndpoint = IPEndPoint.Parse(ready.GetProperty("interBroker").GetString()!);
        ProcessId = ready.GetProperty("pid").GetInt32();
        Ready = ready;
    }

    public BrokerSetup Setup { get; }

    /// <summary>What it said when it was ready.</summary>
    public JsonElement Ready { get; }

    public IPEndPoint ClientEndpoint { get; }

    public IPEndPoint InterBrokerEndpoint { get; }

    /// <summary>The node's own process, not that of a program it may run under.</summary>
    public int ProcessId { get; }

    public bool HasExited => _process.HasExited;

    public string Errors => _process.Errors;

    public string Output => _process.Output;

    /// <summary>Memory that it has in RAM, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            var line = File.ReadLines($"/proc/{ProcessId}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
            return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Starts a node and waits until it takes requests.</summary>
    public static BrokerProcess Start(BrokerSetup setup)
    {
        var process = Launch(setup);
        try
        {
            Until.True(
                () => ReadyLine(process) is not null || process.HasExited,
                () => $"node {setup.NodeId} is ready: {process.ErrorsTail}");
            if (ReadyLine(process) is not { } line)
                throw new InvalidOperationException($"node {setup.NodeId} ended with {process.WaitForExit(Patience)}: {process.ErrorsTail}");
            return new(setup, process, JsonDocument.Parse(line).RootElement);
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Starts a node that is expected to refuse, and waits for its end.</summary>
    public static (int ExitCode, string Output, string[] Errors) StartRefused(BrokerSetup setup)
    {
        using var process = Launch(setup);
        var exitCode = process.WaitForExit(Patience);
        return (exitCode, process.Output, process.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Starts it again with the same folders, on new ports.</summary>
    public BrokerProcess Restart()
    {
        if (!HasExited) throw new InvalidOperationException("stop it first");
        _process.Dispose();
        return Start(Setup);
    }

    /// <summary>kill -9, unless it has just ended by itself.</summary>
    public void Kill()
    {
        try
        {
            ProcessSignal.Kill.Send(ProcessId);
        }
        catch (Win32Exception gone) when (gone.NativeErrorCode == NoSuchProcess)
        {
        }

        _process.WaitForExit(Patience);
    }

    /// <summary>SIGTERM: a clean stop. Gives the exit code.</summary>
    public int Stop()
    {
        ProcessSignal.Terminate.Send(ProcessId);
        return _process.WaitForExit(Patience);
    }

    /// <summary>SIGSTOP: nothing of it runs any more once this returns, but the system still takes what is sent to it.</summary>
    public void Pause() => ProcessSignals.Pause(ProcessId);

    public void Continue() => ProcessSignal.Continue.Send(ProcessId);

    public void Dispose() => _process.Dispose();

    private static ChildProcess Launch(BrokerSetup setup) => new(setup.CommandLine[0], setup.CommandLine.Skip(1));

    // Only a whole line counts: its end may still be on the way.
    private static string? ReadyLine(ChildProcess process) =>
        process.Output.Split('\n').SkipLast(1).Where(line => line.StartsWith("ready {", StringComparison.Ordinal)).Select(line => line[6..]).FirstOrDefault();
}
