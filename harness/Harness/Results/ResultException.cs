namespace Harness.Results;

/// <summary>A result folder or plan that cannot be used; the message says what is wrong and where.</summary>
public sealed class ResultException(string message, Exception? inner = null) : Exception(message, inner);
