using Engine.Core;

namespace Harness.Checking;

/// <summary>What an error in the answer to a produce request says of the records: the mistake that checkers make most.</summary>
internal static class SendErrors
{
    /// <summary>Whether the leader refused before it appended, so that this attempt stored nothing.</summary>
    /// <remarks>
    /// A list of the certain ones; whatever is not on it may have been stored. NOT_LEADER_OR_FOLLOWER is not: a leader that steps
    /// down while it waits for its followers answers so after it appended. Nor is KAFKA_STORAGE_ERROR: an append may fail half-way.
    /// </remarks>
    public static bool IsDefinite(ErrorCode error) => error is
        ErrorCode.CorruptMessage or ErrorCode.UnknownTopicOrPartition or ErrorCode.MessageTooLarge or ErrorCode.InvalidTopic or
        ErrorCode.RecordListTooLarge or ErrorCode.NotEnoughReplicas or ErrorCode.InvalidRequiredAcks or ErrorCode.ClusterAuthorizationFailed or
        ErrorCode.InvalidTimestamp or ErrorCode.UnsupportedVersion or ErrorCode.InvalidRequest or ErrorCode.UnsupportedForMessageFormat or
        ErrorCode.PolicyViolation or ErrorCode.OutOfOrderSequenceNumber or ErrorCode.InvalidProducerEpoch or
        ErrorCode.TransactionalIdAuthorizationFailed or ErrorCode.UnsupportedCompressionType or ErrorCode.InvalidRecord or
        ErrorCode.UnknownTopicId or ErrorCode.InconsistentTopicId;

    /// <summary>Whether the same batch may be taken another time or by another leader. Source: Kafka's RetriableException.</summary>
    public static bool IsRetriable(ErrorCode error) => MovesLeader(error) || error is
        ErrorCode.CorruptMessage or ErrorCode.RequestTimedOut or ErrorCode.BrokerNotAvailable or ErrorCode.ReplicaNotAvailable or
        ErrorCode.NotEnoughReplicas or ErrorCode.NotEnoughReplicasAfterAppend or ErrorCode.OffsetNotAvailable;

    /// <summary>Whether the answer says that somebody else should be asked.</summary>
    public static bool MovesLeader(ErrorCode error) => error is
        ErrorCode.NotLeaderOrFollower or ErrorCode.LeaderNotAvailable or ErrorCode.UnknownTopicOrPartition or ErrorCode.KafkaStorageError or
        ErrorCode.FencedLeaderEpoch or ErrorCode.UnknownLeaderEpoch;
}
