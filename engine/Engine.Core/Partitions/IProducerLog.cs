namespace Engine.Core.Partitions;

/// <summary>The log whose producers are remembered.</summary>
public interface IProducerLog
{
    long StartOffset { get; }

    long EndOffset { get; }

    /// <summary>Where the newest segment begins.</summary>
    long LastSegmentOffset { get; }

    /// <summary>Where the newest <paramref name="segments"/> segments begin; the first one's begin when there are fewer.</summary>
    long SegmentOffsetFromEnd(int segments);

    /// <summary>Shows every batch from the one that holds <paramref name="from"/> to the end, in order.</summary>
    void Visit(long from, Action<ProducedBatch> visit);
}

/// <summary>The part of a batch's header that says who wrote it.</summary>
/// <param name="SizeBytes">What it takes in the log.</param>
public readonly record struct ProducedBatch(BatchSequence Sequence, int LeaderEpoch, long BaseOffset, int SizeBytes);
