namespace Engine.Storage;

/// <summary>What a read came to.</summary>
public enum ReadOutcome
{
    /// <summary>There is a slice, empty when nothing lies between the offsets.</summary>
    Found,

    /// <summary>The log does not hold that offset: it lies before its start or past its end.</summary>
    OutOfRange,

    /// <summary>It takes waiting for the disk, which the caller did not want to do.</summary>
    NotInMemory,
}
