using System.Diagnostics;

namespace Harness.Nodes;

/// <summary>A machine that processes of a run are on: this one, or another.</summary>
/// <remarks>A process is known by its id there. All that it prints comes back here, and it is not to outlive this process.</remarks>
public interface INodeHost
{
    /// <summary>What results call it; null for this machine.</summary>
    string? Name { get; }

    /// <summary>The <c>dotnet</c> there.</summary>
    string DotNet { get; }

    /// <summary>Whether a process tells its id in a line of its own, as <see cref="NodeProcess.PidPrefix"/> says: the child of this process is another one.</summary>
    bool TellsPid { get; }

    /// <summary>Brings a folder with programs there, unless its content is there already.</summary>
    /// <returns>The folder there.</returns>
    /// <exception cref="NodeFailedException">It cannot be brought there.</exception>
    Task<string> Deploy(string folder, CancellationToken stop);

    /// <summary>What this process has to start so that <paramref name="command"/> runs there; its streams are the command's.</summary>
    ProcessStartInfo StartOf(NodeCommand command);

    /// <summary>Sends a signal to a process that has not been seen to end.</summary>
    Task Send(int pid, Signal signal);
}
