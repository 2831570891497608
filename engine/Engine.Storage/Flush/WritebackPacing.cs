using Engine.Core;
using Engine.Core.Strategies;

namespace Engine.Storage.Flush;

/// <summary>Has the kernel start writing every <c>bytes</c> appended (sync_file_range), instead of all at once when it must.</summary>
/// <remarks>
/// Evens the disk's work out, so that the kernel never stops a writer because too much is dirty. Promises nothing: neither the disk's
/// cache nor what is needed to find the bytes after a power cut is flushed, and acknowledgements do not wait. The appending thread
/// makes the call, which waits only while the disk's queue is full: that is the pace.
/// </remarks>
internal sealed class WritebackPacing(long bytes) : IFlushPolicy
{
    public static IFlushPolicy Create(StrategySpec spec) => new WritebackPacing(bytes: Math.Max(1, spec.Bytes("bytes", 1 << 20)));

    public bool HoldsAcknowledgement => false;

    public long WritebackStepBytes => bytes;

    public Instant FlushAt(in UnflushedTail tail) => Instant.Never;
}
