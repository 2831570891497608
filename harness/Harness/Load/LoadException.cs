namespace Harness.Load;

/// <summary>The load cannot be driven, or not any longer: the message says who refused what, for the person who reads the report.</summary>
public sealed class LoadException(string message) : Exception(message);
