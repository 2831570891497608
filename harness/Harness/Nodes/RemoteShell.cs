using System.Globalization;
using System.Text;

namespace Harness.Nodes;

/// <summary>A POSIX shell on another host that does what it is told, one thing after the other, for as long as the connection stands.</summary>
/// <remarks>It is the connection: whatever else goes to that host is a session in it. May be used by several threads at once.</remarks>
internal sealed class RemoteShell : IAsyncDisposable
{
    private static readonly TimeSpan EndDeadline = TimeSpan.FromSeconds(10);

    private readonly NodeProcess _process;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly string _mark = $"done-{Guid.NewGuid():N}";
    private readonly StringBuilder _output = new();
    private TaskCompletionSource<(int ExitCode, string Output)>? _answer;
    private bool _hasAnswered;

    /// <param name="name">What messages call the host.</param>
    /// <param name="program">The command that begins a shell there.</param>
    /// <param name="logFile">Gets what ssh says.</param>
    public RemoteShell(string name, IReadOnlyList<string> program, string logFile)
    {
        Name = name;
        _process = NodeProcess.Start(new NodeCommand($"the connection to {name}", program[0], [.. program.Skip(1)], logFile), Take);
    }

    public string Name { get; }

    /// <summary>Whether nothing can be told it any more.</summary>
    public bool IsLost => _process.HasExited;

    /// <summary>What ssh said last.</summary>
    public string LastWords => _process.LogTail;

    /// <summary>Has a command line carried out to its end.</summary>
    /// <param name="command">As a POSIX shell reads it; it reads nothing, and what it writes on either output is its answer.</param>
    /// <param name="deadline">When it is given up: the shell, which cannot be told anything else meanwhile, is then gone too.</param>
    /// <param name="stop">Ends the wait only before its turn has come.</param>
    /// <exception cref="NodeFailedException">The connection is lost, or it took too long.</exception>
    public async Task<(int ExitCode, string Output)> Try(string command, TimeSpan deadline, CancellationToken stop = default)
    {
        await _turn.WaitAsync(stop);
        try
        {
            var answer = new TaskCompletionSource<(int, string)>(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _answer, answer);
            try
            {
                await _process.Input.WriteAsync($"{{ {command}\n}} </dev/null 2>&1; printf '\\n%s %d\\n' {_mark} $?\n");
                await _process.Input.FlushAsync(CancellationToken.None);
            }
            catch (IOException)
            {
                await _process.Exited.WaitAsync(EndDeadline, CancellationToken.None);
            }

            await Task.WhenAny(answer.Task, _process.Exited).WaitAsync(deadline, CancellationToken.None);
            if (!answer.Task.IsCompleted)
                throw new NodeFailedException(_hasAnswered ? $"the connection to {Name} was lost: {LastWords}" : $"{Name} cannot be reached: {LastWords}");

            _hasAnswered = true;
            return await answer.Task;
        }
        catch (TimeoutException)
        {
            await _process.Kill();
            throw new NodeFailedException(string.Create(CultureInfo.InvariantCulture, $"{Name} did not answer within {deadline.TotalSeconds:0} s"));
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The same for a command that has to succeed.</summary>
    /// <inheritdoc cref="Try"/>
    /// <returns>Its output.</returns>
    public async Task<string> Run(string command, TimeSpan deadline, CancellationToken stop = default)
    {
        var (exitCode, output) = await Try(command, deadline, stop);
        return exitCode == 0 ? output : throw new NodeFailedException($"{Name}: {command} failed: {output.Trim()}");
    }

    /// <summary>Ends the shell, which is told by the end of its input; sessions in the connection end with it.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.Input.Close();
        }
        catch (IOException)
        {
            // The connection is lost, and what was still to be said has nobody to hear it.
        }

        await Task.WhenAny(_process.Exited, Task.Delay(EndDeadline));
        await _process.DisposeAsync();
        _turn.Dispose();
    }

    private bool Take(string line)
    {
        if (!line.StartsWith(_mark, StringComparison.Ordinal))
        {
            _output.Append(line).Append('\n');
            return true;
        }

        // The mark begins a line of its own, whatever was written before it.
        var output = _output.Length > 0 ? _output.ToString(0, _output.Length - 1) : "";
        _output.Clear();
        Volatile.Read(ref _answer)?.TrySetResult((int.Parse(line.AsSpan(_mark.Length), CultureInfo.InvariantCulture), output));
        return true;
    }
}
