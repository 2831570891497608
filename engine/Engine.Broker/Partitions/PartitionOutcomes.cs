using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Storage;

namespace Engine.Broker.Partitions;

/// <summary>What became of a batch handed to <see cref="Partition.Produce"/>.</summary>
/// <param name="EndOffset">The offset after the batch's last record: what the acknowledgement waits for.</param>
/// <param name="LeaderEpoch">The epoch it was appended in; an answer in another would vouch for a log that may have lost it.</param>
internal readonly record struct ProduceOutcome(ErrorCode Error, long BaseOffset, long EndOffset, int LeaderEpoch, long LogStartOffset)
{
    public static ProduceOutcome Failed(ErrorCode error) => new(error, -1, -1, -1, -1);
}

/// <summary>What one partition of a fetch is answered with. The slice is the receiver's to send or release.</summary>
/// <param name="Bound">The offset up to which this read could see: the high watermark, or a follower's log end.</param>
internal readonly record struct FetchOutcome(ErrorCode Error, long HighWatermark, long LogStartOffset, long Bound, LogSlice Slice, EpochEnd? Diverging)
{
    /// <summary>Whether it takes someone who may wait for the disk to tell; all else is unset.</summary>
    public bool IsCold { get; private init; }

    /// <summary>Whether the client has something to act upon other than records: an answer with it does not wait for more of them.</summary>
    public bool Fails => Error != ErrorCode.None || Diverging is not null;

    public static FetchOutcome Cold => new() { IsCold = true };

    public static FetchOutcome Failed(ErrorCode error, long highWatermark = -1, long logStartOffset = -1) =>
        new(error, highWatermark, logStartOffset, -1, default, null);
}
