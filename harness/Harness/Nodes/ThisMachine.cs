using System.Diagnostics;

namespace Harness.Nodes;

/// <summary>The machine that this process is on.</summary>
public sealed class ThisMachine : INodeHost
{
    private ThisMachine()
    {
    }

    public static ThisMachine Instance { get; } = new();

    public string? Name => null;

    public string DotNet => DotNetHost.Path;

    public bool TellsPid => false;

    public Task<string> Deploy(string folder, CancellationToken stop) => Task.FromResult(folder);

    public ProcessStartInfo StartOf(NodeCommand command)
    {
        IReadOnlyList<string> line = [.. command.Launcher, command.Program, .. command.Arguments];
        var start = new ProcessStartInfo(line[0], line.Skip(1));
        foreach (var (name, value) in command.Environment) start.Environment[name] = value;
        return start;
    }

    public Task Send(int pid, Signal signal)
    {
        Signals.Send(pid, signal);
        return Task.CompletedTask;
    }
}
