namespace Engine.Storage;

/// <summary>The data folder cannot be used; the message is one line that says which folder, why, and what would help.</summary>
public sealed class DataFolderException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>The log failed to write, flush or make sense of its files and takes no part any more until the node restarts.</summary>
/// <remarks>
/// A failed fsync is final: the kernel marks the pages clean all the same, so a second fsync succeeds without the bytes ever
/// reaching the disk. Source: Rebello et al., "Can Applications Recover from fsync Failures?", ATC 2020.
/// </remarks>
public sealed class LogOfflineException(string message, Exception? cause = null) : Exception(message, cause);
