namespace Harness.Cli;

/// <summary>A command that cannot be carried out; the message is the one line the user sees.</summary>
internal sealed class CommandException(string message) : Exception(message);
