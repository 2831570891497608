namespace Harness.Checking;

/// <summary>What is known of a send when its process goes on.</summary>
public enum Outcome
{
    /// <summary>Acknowledged.</summary>
    Ok,

    /// <summary>Certainly not stored: every attempt was refused before it was appended.</summary>
    Fail,

    /// <summary>Nobody knows: no answer, or one that came after the append. Counts as stored once somebody reads it.</summary>
    Info,
}

/// <summary>A batch that a producer sent. Values are numbered by producer and partition in the order of sending, so each is unique.</summary>
/// <param name="Producer">Which process.</param>
/// <param name="Partition">To which partition.</param>
/// <param name="First">The number of its first value.</param>
/// <param name="Count">How many values.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Offset">Where its first value was stored, as the answer told; -1 when none did.</param>
/// <param name="Invoke">When it was sent first, in nanoseconds of CLOCK_MONOTONIC.</param>
/// <param name="Complete">When its outcome was known.</param>
public readonly record struct SendEntry(int Producer, int Partition, long First, int Count, Outcome Outcome, long Offset, long Invoke, long Complete);

/// <summary>A batch that a reader was given.</summary>
/// <param name="Reader">Which process.</param>
/// <param name="Partition">Of which partition.</param>
/// <param name="Offset">The offset of its first value.</param>
/// <param name="Count">How many values.</param>
/// <param name="Producer">Whose values; -1 when nobody's who takes part.</param>
/// <param name="First">The number of its first value.</param>
/// <param name="IsCorrupt">Whether other bytes came than were sent.</param>
/// <param name="HighWatermark">The high watermark told with the answer; -1 when none was.</param>
/// <param name="Invoke">When the fetch was sent.</param>
/// <param name="Complete">When its answer was here.</param>
public readonly record struct ReadEntry(
    int Reader, int Partition, long Offset, int Count, int Producer, long First, bool IsCorrupt, long HighWatermark, long Invoke, long Complete);

/// <summary>How a fresh reader's pass over a whole partition ended, at the very end of a history: what it did not find is gone.</summary>
/// <param name="Reader">Which process; all its reads belong to the pass.</param>
/// <param name="Partition">Of which partition.</param>
/// <param name="From">Where it began.</param>
/// <param name="Reached">The offset after the last it was given.</param>
/// <param name="End">Where the leader said the log ends; -1 when nobody answered.</param>
public readonly record struct PassEntry(int Reader, int Partition, long From, long Reached, long End);

/// <summary>Is told a history entry by entry; each process's entries come in its order.</summary>
public interface IHistorySink
{
    void Add(in SendEntry send);

    void Add(in ReadEntry read);

    void Add(in PassEntry pass);
}
