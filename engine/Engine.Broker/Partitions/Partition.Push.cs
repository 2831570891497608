using Engine.Broker.Waiting;
using Engine.Core;
using Engine.Storage;
using Engine.Storage.Soundness;

namespace Engine.Broker.Partitions;

/// <content>What a leader does for followers that it pushes to: reading on and being told are two things there, unlike in a fetch.</content>
internal sealed partial class Partition
{
    /// <summary>Leader: what comes next for a follower, in the epoch in which it began to follow. Acknowledges nothing.</summary>
    /// <param name="next">Where the slice ends; -1 where it was cut short, so that only whoever looks at its batches can tell.</param>
    public FetchOutcome ReadForFollower(int leaderEpoch, long offset, int maxBytes, bool atLeastOneBatch, bool mayWait, out long next)
    {
        next = -1;
        if (Fences(leaderEpoch) is not ErrorCode.None and var fenced) return FetchOutcome.Failed(fenced);

        var (highWatermark, logStart, bound) = (_state.HighWatermark, _log.StartOffset, _log.EndOffset);
        try
        {
            return _log.ReadOn(offset, bound, maxBytes, atLeastOneBatch, mayWait, out var slice, out next) switch
            {
                ReadOutcome.OutOfRange => FetchOutcome.Failed(ErrorCode.OffsetOutOfRange, highWatermark, _log.StartOffset),
                ReadOutcome.NotInMemory => FetchOutcome.Cold,
                _ => new FetchOutcome(ErrorCode.None, highWatermark, logStart, bound, slice, null),
            };
        }
        catch (DamagedLogException damaged)
        {
            _mending.Request(this, damaged.Damage);
            return FetchOutcome.Failed(ErrorCode.KafkaStorageError, highWatermark, logStart);
        }
        catch (Exception error) when (error is LogOfflineException or IOException)
        {
            return FetchOutcome.Failed(ErrorCode.KafkaStorageError);
        }
    }

    /// <summary>Leader: a follower says what it holds, in the epoch in which it began to follow.</summary>
    /// <returns>Why that does not count, or none.</returns>
    public ErrorCode FollowerHolds(int replicaId, int leaderEpoch, long endOffset, long flushedOffset, long brokerEpoch)
    {
        var woken = default(WokenWaits);
        lock (_gate)
        {
            if (Fences(leaderEpoch) is not ErrorCode.None and var fenced) return fenced;
            if (endOffset > _log.EndOffset) return ErrorCode.OffsetOutOfRange;
            if (!_state.FollowerAcknowledged(replicaId, endOffset, MonotonicClock.Now, _effects, flushedOffset, brokerEpoch)) return ErrorCode.NotLeaderOrFollower;
            Execute(ref woken);
        }

        woken.Wake();
        return ErrorCode.None;
    }
}
