namespace Engine.Core.Partitions;

/// <summary>What a leader's promises rest on: what commits a record, and who may join those that hold all committed ones.</summary>
/// <remarks>
/// There is one sound answer to each question, given here. They can be answered otherwise so that a test can break one at a time
/// and see a law of the simulator fail.
/// </remarks>
public class CommitRules
{
    public static readonly CommitRules Sound = new();

    /// <summary>Whom the next leader may come from: all of these must have a record before it is committed.</summary>
    /// <remarks>Until the store answers a proposal, either set may be the one it elects from. Source: KIP-497, the maximal set.</remarks>
    public virtual ReplicaSet Electable(ReplicaSet inSync, ReplicaSet? proposal) => inSync | (proposal ?? inSync);

    /// <summary>Whether anything is committed while these are in sync. Source: KIP-966.</summary>
    public virtual bool MayCommit(ReplicaSet inSync, int minInSync) => inSync.Count >= minInSync;

    /// <summary>Whether a follower that has everything before <paramref name="fetchOffset"/> may be proposed as in sync.</summary>
    /// <remarks>
    /// A new leader's high watermark may be lower than what its predecessor committed; where its own epoch starts is never lower.
    /// </remarks>
    public virtual bool MayJoin(long fetchOffset, long highWatermark, long epochStart) => fetchOffset >= Math.Max(highWatermark, epochStart);
}
