using System.Diagnostics;

namespace Harness.Nodes;

/// <summary>Short programs whose whole output is the answer.</summary>
internal static class Output
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>What the program printed, or null when it is not there or failed.</summary>
    public static async Task<string?> Of(string program, params string[] arguments)
    {
        try
        {
            var (exitCode, output, _) = await Of(new NodeCommand(program, program, arguments, ""), Patience, CancellationToken.None);
            return exitCode == 0 ? output : null;
        }
        catch (NodeFailedException)
        {
            return null;
        }
    }

    /// <summary>Runs the command to its end.</summary>
    /// <exception cref="NodeFailedException">It cannot be started, or was not done after <paramref name="deadline"/>.</exception>
    public static async Task<(int ExitCode, string Output, string Errors)> Of(NodeCommand command, TimeSpan deadline, CancellationToken stop)
    {
        var start = new ProcessStartInfo(command.Program, command.Arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new NodeFailedException($"{command.Name}: cannot start {command.Program}: {error.Message}");
        }

        using (process)
        {
            try
            {
                var texts = Task.WhenAll(process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
                var read = await texts.WaitAsync(deadline, stop);
                await process.WaitForExitAsync(stop).WaitAsync(deadline, stop);
                return (process.ExitCode, read[0], read[1]);
            }
            catch (TimeoutException)
            {
                throw new NodeFailedException($"{command.Name}: {command.Program} was not done after {deadline.TotalSeconds:0.#} s");
            }
            finally
            {
                if (!process.HasExited) process.Kill();
            }
        }
    }
}
