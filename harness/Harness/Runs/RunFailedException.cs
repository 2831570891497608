namespace Harness.Runs;

/// <summary>A run that cannot be used, although nothing crashed: what the load worker or the cluster refused, in words.</summary>
public sealed class RunFailedException(string message) : Exception(message);
