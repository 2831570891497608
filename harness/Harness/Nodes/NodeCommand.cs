namespace Harness.Nodes;

/// <summary>How to start one process of a run.</summary>
/// <param name="Name">What messages call it: <c>node 1</c>.</param>
/// <param name="Program">The executable.</param>
/// <param name="Arguments">Its arguments, unquoted.</param>
/// <param name="LogFile">Where everything it prints goes; a restart appends.</param>
public sealed record NodeCommand(string Name, string Program, IReadOnlyList<string> Arguments, string LogFile)
{
    /// <summary>Variables it has beside those of this process.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The machine it runs on.</summary>
    public INodeHost Host { get; init; } = ThisMachine.Instance;

    /// <summary>A command that this one is put behind, and that becomes it, so that the process is the program's own; empty for none.</summary>
    public IReadOnlyList<string> Launcher { get; init; } = [];
}

/// <summary>A process of a run that did not start, or ended when it should not; the message carries the end of its log.</summary>
public class NodeFailedException(string message) : Exception(message);

/// <summary>A node that says it cannot run with what it was given: whoever gave it can mend that.</summary>
public sealed class NodeRefusedException(string message) : NodeFailedException(message);
