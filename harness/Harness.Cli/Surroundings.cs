using Spectre.Console;

namespace Harness.Cli;

/// <summary>Where a command reads and writes; tests put their own in.</summary>
internal sealed class Surroundings(TextWriter output, TextWriter error, TextReader input)
{
    /// <summary>Nobody folds lines in a pipe.</summary>
    private const int PipeWidth = 240;

    public TextWriter Out => output;

    public TextWriter Error => error;

    public TextReader In => input;

    /// <summary>Whether somebody watches: only then is anything redrawn or coloured.</summary>
    public bool IsTerminal { get; } = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;

    /// <summary>For tables and progress; in a pipe it writes plain characters only.</summary>
    public IAnsiConsole CreateConsole()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = IsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = IsTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = IsTerminal ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        if (!IsTerminal) console.Profile.Width = PipeWidth;
        return console;
    }
}
