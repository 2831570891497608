using Engine.Core;

namespace Engine.Storage.Flush;

/// <summary>Decides when appended bytes are made durable, and whether acknowledgements wait for it.</summary>
/// <remarks>A pure function of the unflushed tail: no clock, no task, no file, so that a simulator can replay it.</remarks>
public interface IFlushPolicy
{
    /// <summary>
    /// Whether a batch counts as stored (may be acknowledged) only once it is flushed. False: it counts when it is written.
    /// </summary>
    bool HoldsAcknowledgement { get; }

    /// <summary>
    /// The latest moment this tail may stay unflushed. <see cref="Instant.AtOnce"/>: the appending thread flushes before it
    /// goes on. A moment that has passed: the flusher thread, as soon as it can. <see cref="Instant.Never"/>: left to the OS.
    /// </summary>
    Instant FlushAt(in UnflushedTail tail);

    /// <summary>
    /// Whether segments are opened with O_DSYNC, so that each write is durable when it returns and a flush has nothing left to ask for.
    /// </summary>
    bool WritesThrough => false;

    /// <summary>
    /// How many appended bytes the kernel is left to collect before it is told to start writing them to the disk, without anybody
    /// waiting for it. No promise of durability. 0: whenever the kernel likes.
    /// </summary>
    long WritebackStepBytes => 0;
}

/// <summary>What a log has written and not yet flushed.</summary>
/// <param name="Bytes">Unflushed bytes.</param>
/// <param name="Batches">Unflushed batches.</param>
/// <param name="OldestAppend">When the first unflushed batch was written.</param>
/// <param name="Now">The moment of asking.</param>
public readonly record struct UnflushedTail(long Bytes, int Batches, Instant OldestAppend, Instant Now);
