namespace Engine.Core.Partitions;

/// <summary>One replica's view of a partition: end offsets, high watermark, in-sync set. The rules, and nothing else.</summary>
/// <remarks>
/// A pure state machine. Methods are events and carry the moment; what must be done about them is appended to a list that
/// the caller owns. One caller at a time. Source: Kafka's replication design, KIP-966 (the high watermark waits for
/// min.insync.replicas), KIP-497 (in-sync changes by compare-and-set).
/// </remarks>
/// <param name="rules">What commits and who may join; null: <see cref="CommitRules.Sound"/>.</param>
public sealed class ReplicatedPartition(int nodeId, TimeSpan replicaLagMax, CommitRules? rules = null)
{
    private readonly CommitRules _rules = rules ?? CommitRules.Sound;
    private Replica[] _replicas = [];
    private int[] _assignment = [];
    private ReplicaSet? _proposal;
    private int _self;
    private long _leaderStored;
    private long _epochStart;

    /// <summary>Whether this node leads the partition in <see cref="LeaderEpoch"/>.</summary>
    public bool IsLeader { get; private set; }

    /// <summary>The node that leads; -1 when none does.</summary>
    public int Leader { get; private set; } = -1;

    public int LeaderEpoch { get; private set; } = -1;

    /// <summary>Rises with every change of leader or in-sync set; what compare-and-set compares.</summary>
    public int PartitionEpoch { get; private set; } = -1;

    /// <summary>The smallest in-sync set with which acks=all is answered and the high watermark moves.</summary>
    public int MinInSync { get; set; } = 1;

    /// <summary>
    /// Whether a replica joins the in-sync set only with what it has flushed, so that a record flushed by the whole set is on the disk of
    /// whoever may be elected.
    /// </summary>
    public bool JoinsFlushed { get; set; }

    /// <summary>How many of the assigned replicas are a majority.</summary>
    public int Majority => _assignment.Length / 2 + 1;

    /// <summary>The offset after the last record that every in-sync replica has. Never falls while this node leads.</summary>
    public long HighWatermark { get; private set; }

    /// <summary>
    /// Whether this leader knows of all that is committed. A new one knows its own, until followers have told what they have: the high
    /// watermark that the one before it showed may be higher (KIP-207).
    /// </summary>
    public bool IsHighWatermarkKnown => HighWatermark >= _epochStart;

    /// <summary>The offset that the next record gets.</summary>
    public long EndOffset { get; private set; }

    /// <summary>The committed in-sync set, this leader included.</summary>
    public ReplicaSet InSync { get; private set; }

    /// <summary>Whom the next leader may come from, as far as this one knows: what is committed is on all of them.</summary>
    public ReplicaSet Electable => _rules.Electable(InSync, _proposal);

    public ReadOnlySpan<int> Assignment => _assignment;

    /// <summary>Takes what the metadata store says about the partition. Older news than what is known is ignored.</summary>
    /// <param name="logEnd">The end of the local log, from which a new leader goes on.</param>
    /// <returns>Whether this node has just begun to lead in a new epoch.</returns>
    public bool Update(in PartitionAssignment news, long logEnd, Instant now, List<PartitionEffect> effects)
    {
        if (news.PartitionEpoch <= PartitionEpoch) return false;

        var newEpoch = news.LeaderEpoch != LeaderEpoch;
        if (!news.Replicas.AsSpan().SequenceEqual(_assignment)) Assign(news.Replicas);
        (Leader, LeaderEpoch, PartitionEpoch) = (news.Leader, news.LeaderEpoch, news.PartitionEpoch);
        InSync = ReplicaSet.From(news.InSync, _assignment);
        _proposal = null;
        IsLeader = Leader == nodeId && _self >= 0;

        if (newEpoch)
        {
            EndOffset = logEnd;
            HighWatermark = Math.Min(HighWatermark, logEnd);
            if (IsLeader) Lead(logEnd, now);
        }

        if (IsLeader) AdvanceHighWatermark(effects);
        return newEpoch && IsLeader;
    }

    /// <summary>Reserves the offsets of a batch of <paramref name="records"/> records: the base offset it gets.</summary>
    public long Append(int records)
    {
        var baseOffset = EndOffset;
        EndOffset += records;
        return baseOffset;
    }

    /// <summary>The local log holds everything below <paramref name="storedEnd"/> as durably as its flush policy promises.</summary>
    public void LeaderStored(long storedEnd, List<PartitionEffect> effects)
    {
        if (!IsLeader || storedEnd <= _leaderStored) return;

        _leaderStored = storedEnd;
        AdvanceHighWatermark(effects);
    }

    /// <summary>A follower asks for records from <paramref name="fetchOffset"/> on, and so says that it has all before.</summary>
    /// <param name="flushedOffset">Before which it has also flushed everything; -1 when it does not say.</param>
    /// <param name="brokerEpoch">The registration under which it asks; -1 when that is not known.</param>
    /// <returns>False when the asking node holds no replica of this partition, or asked in an earlier run of it (KIP-903).</returns>
    public bool FollowerFetched(
        int node, long fetchOffset, Instant now, List<PartitionEffect> effects, long flushedOffset = -1, long brokerEpoch = -1)
    {
        var index = _assignment.AsSpan().IndexOf(node);
        if (!IsLeader || index < 0 || index == _self || brokerEpoch < _replicas[index].BrokerEpoch) return false;

        _replicas[index].Fetched(fetchOffset, EndOffset, now, brokerEpoch);
        Acknowledged(index, fetchOffset, flushedOffset, effects);
        return true;
    }

    /// <summary>The same from a follower that is pushed to, which says what it holds while more is on its way to it.</summary>
    /// <inheritdoc cref="FollowerFetched" path="/param"/>
    /// <inheritdoc cref="FollowerFetched" path="/returns"/>
    public bool FollowerAcknowledged(
        int node, long fetchOffset, Instant now, List<PartitionEffect> effects, long flushedOffset = -1, long brokerEpoch = -1)
    {
        var index = _assignment.AsSpan().IndexOf(node);
        if (!IsLeader || index < 0 || index == _self || brokerEpoch < _replicas[index].BrokerEpoch) return false;

        _replicas[index].Acknowledged(fetchOffset, EndOffset, now, brokerEpoch);
        Acknowledged(index, fetchOffset, flushedOffset, effects);
        return true;
    }

    private void Acknowledged(int index, long fetchOffset, long flushedOffset, List<PartitionEffect> effects)
    {
        _replicas[index].FlushedOffset = flushedOffset;
        var joinsWith = JoinsFlushed ? Math.Min(fetchOffset, flushedOffset) : fetchOffset;
        if (!InSync.Contains(index) && _proposal is null && _rules.MayJoin(joinsWith, HighWatermark, _epochStart))
            Propose(InSync.With(index), new JoiningReplica(_assignment[index], _replicas[index].BrokerEpoch), effects);
        AdvanceHighWatermark(effects);
    }

    /// <summary>Leader: the offset before which a majority of the assigned replicas, in sync or not, this one included, holds every record.</summary>
    /// <remarks>May fall, as a follower that lost records says so; it is no high watermark.</remarks>
    public long MajorityEnd
    {
        get
        {
            // The largest end that enough of the others reach: at most 31 of them, and mostly 2.
            var (others, reached) = (Majority - 1, -1L);
            for (var i = 0; i < _replicas.Length && others > 0; i++)
                if (i != _self && _replicas[i].EndOffset > reached && OthersAt(_replicas[i].EndOffset) >= others) reached = _replicas[i].EndOffset;
            return others == 0 ? _leaderStored : Math.Min(_leaderStored, reached);
        }
    }

    /// <summary>Leader: the offset before which everything is committed and flushed by every replica that may be elected.</summary>
    /// <param name="leaderFlushed">Before which the local log is flushed.</param>
    /// <returns>-1 while the in-sync set is less than a majority.</returns>
    public long FlushedEnd(long leaderFlushed)
    {
        if (InSync.Count < Majority) return -1;

        var flushed = Math.Min(HighWatermark, leaderFlushed);
        var electable = Electable;
        for (var i = 0; i < _replicas.Length; i++)
            if (i != _self && electable.Contains(i)) flushed = Math.Min(flushed, _replicas[i].FlushedOffset);
        return flushed;
    }

    /// <summary>Follower: appended what the leader sent; the leader's high watermark holds here as far as the log reaches.</summary>
    public void ReplicaAppended(long logEnd, long leaderHighWatermark)
    {
        EndOffset = logEnd;
        HighWatermark = Math.Max(HighWatermark, Math.Min(leaderHighWatermark, logEnd));
    }

    /// <summary>Follower: the log was cut to agree with the leader's.</summary>
    public void ReplicaTruncated(long logEnd)
    {
        EndOffset = logEnd;
        HighWatermark = Math.Min(HighWatermark, logEnd);
    }

    /// <summary>Time passes: in-sync replicas that have not caught up for too long are proposed to leave.</summary>
    public void Tick(Instant now, List<PartitionEffect> effects)
    {
        if (!IsLeader || _proposal is not null) return;

        var remaining = InSync;
        for (var i = 0; i < _replicas.Length; i++)
            if (i != _self && InSync.Contains(i) && _replicas[i].EndOffset < EndOffset && now - _replicas[i].LastCaughtUp > replicaLagMax)
                remaining = remaining.Without(i);
        if (remaining != InSync) Propose(remaining, null, effects);
    }

    /// <summary>The metadata store did not take the proposal made at this partition epoch and never will; the next fetch or tick may make another.</summary>
    /// <remarks>An answer that comes late is about an earlier proposal: the one that is under way may yet be taken, so it is still waited for.</remarks>
    public void ProposalFailed(int partitionEpoch)
    {
        if (partitionEpoch == PartitionEpoch) _proposal = null;
    }

    /// <summary>What a request that knows of a leader epoch is told by this replica as the leader; -1 knows of none. Source: KIP-320.</summary>
    public ErrorCode Fences(int askedEpoch)
    {
        if (!IsLeader) return ErrorCode.NotLeaderOrFollower;
        if (askedEpoch < 0 || askedEpoch == LeaderEpoch) return ErrorCode.None;
        return askedEpoch < LeaderEpoch ? ErrorCode.FencedLeaderEpoch : ErrorCode.UnknownLeaderEpoch;
    }

    private void Assign(int[] replicas)
    {
        if (replicas.Length > ReplicaSet.MaxReplicas) throw new ArgumentException($"{replicas.Length} replicas, at most {ReplicaSet.MaxReplicas} can be", nameof(replicas));
        _assignment = [.. replicas];
        _replicas = [.. replicas.Select(_ => new Replica())];
        _self = Array.IndexOf(_assignment, nodeId);
    }

    private void Lead(long logEnd, Instant now)
    {
        _epochStart = logEnd;
        _leaderStored = logEnd;
        // Of the others nothing is known in this epoch until they fetch in it; the lag clock starts now.
        foreach (var replica in _replicas) replica.Forget(now);
    }

    private int OthersAt(long offset)
    {
        var count = 0;
        for (var i = 0; i < _replicas.Length; i++)
            if (i != _self && _replicas[i].EndOffset >= offset) count++;
        return count;
    }

    private void Propose(ReplicaSet inSync, JoiningReplica? joining, List<PartitionEffect> effects)
    {
        _proposal = inSync;
        effects.Add(PartitionEffect.ProposeInSync(inSync, joining));
    }

    private void AdvanceHighWatermark(List<PartitionEffect> effects)
    {
        if (!_rules.MayCommit(InSync, MinInSync)) return;

        var electable = Electable;
        var committed = _leaderStored;
        for (var i = 0; i < _replicas.Length; i++)
            if (i != _self && electable.Contains(i)) committed = Math.Min(committed, _replicas[i].EndOffset);
        if (committed <= HighWatermark) return;

        HighWatermark = committed;
        effects.Add(PartitionEffect.Committed(committed));
    }

    /// <summary>What the leader knows of one follower, all from its fetches.</summary>
    private sealed class Replica
    {
        private long _leaderEndAtLastFetch = long.MaxValue;
        private Instant _lastFetch;

        public long EndOffset { get; private set; } = -1;

        /// <summary>Before which it says to have flushed everything; -1 when it did not say.</summary>
        public long FlushedOffset { get; set; } = -1;

        public long BrokerEpoch { get; private set; } = -1;

        public Instant LastCaughtUp { get; private set; }

        public void Forget(Instant now)
        {
            EndOffset = FlushedOffset = -1;
            _leaderEndAtLastFetch = long.MaxValue;
            LastCaughtUp = _lastFetch = now;
        }

        public void Fetched(long fetchOffset, long leaderEnd, Instant now, long brokerEpoch)
        {
            // Reaching where the leader ended one fetch ago means having been level then: steady load never shows "level now".
            if (fetchOffset >= leaderEnd) LastCaughtUp = now;
            else if (fetchOffset >= _leaderEndAtLastFetch) LastCaughtUp = _lastFetch;

            (EndOffset, BrokerEpoch) = (fetchOffset, brokerEpoch);
            _leaderEndAtLastFetch = leaderEnd;
            _lastFetch = now;
        }

        /// <summary>Acknowledgements come while more is on its way, so that the last one's mark is out of reach: one is kept until it is reached.</summary>
        public void Acknowledged(long endOffset, long leaderEnd, Instant now, long brokerEpoch)
        {
            if (endOffset >= leaderEnd) LastCaughtUp = now;
            else if (endOffset >= _leaderEndAtLastFetch) LastCaughtUp = _lastFetch;

            (EndOffset, BrokerEpoch) = (endOffset, brokerEpoch);
            if (endOffset < _leaderEndAtLastFetch && _leaderEndAtLastFetch != long.MaxValue) return;
            _leaderEndAtLastFetch = leaderEnd;
            _lastFetch = now;
        }
    }
}

/// <summary>What the metadata store holds of a partition.</summary>
public readonly record struct PartitionAssignment(int Leader, int LeaderEpoch, int PartitionEpoch, int[] Replicas, int[] InSync);

/// <summary>What a partition's state machine asks its shell to do.</summary>
public readonly record struct PartitionEffect(PartitionEffectKind Kind, long HighWatermark, ReplicaSet InSync)
{
    /// <summary>Records below <paramref name="highWatermark"/> are committed: answer producers, show them to consumers.</summary>
    public static PartitionEffect Committed(long highWatermark) => new(PartitionEffectKind.Committed, highWatermark, default);

    /// <summary>Who the proposed set has more than the present one, if anyone.</summary>
    public JoiningReplica? Joining { get; private init; }

    /// <summary>Ask the metadata store to make <paramref name="inSync"/> the in-sync set.</summary>
    public static PartitionEffect ProposeInSync(ReplicaSet inSync, JoiningReplica? joining = null) =>
        new(PartitionEffectKind.ProposeInSync, 0, inSync) { Joining = joining };
}

/// <summary>A replica that has caught up, in the run of its node that did.</summary>
/// <param name="BrokerEpoch">The registration under which it fetched: in a later one it may have lost what it had. -1: not known.</param>
public readonly record struct JoiningReplica(int Node, long BrokerEpoch);

public enum PartitionEffectKind
{
    Committed,
    ProposeInSync,
}
