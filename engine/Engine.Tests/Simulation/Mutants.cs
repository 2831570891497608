using Engine.Core;
using Engine.Core.Acks;
using Engine.Core.Cluster;
using Engine.Core.Partitions;
using Engine.Simulation.Machines;
using Engine.Simulation.Nodes;

namespace Engine.Tests.Simulation;

/// <summary>The engine's rules, each with one broken: what the laws are there to find.</summary>
internal static class Mutants
{
    /// <summary>The leader believes its own proposal before the store has taken it.</summary>
    internal sealed class WaitsForTheProposedSetOnly : Rules
    {
        public override CommitRules Commit { get; } = new Broken();

        private sealed class Broken : CommitRules
        {
            public override ReplicaSet Electable(ReplicaSet inSync, ReplicaSet? proposal) => proposal ?? inSync;
        }
    }

    /// <summary>Records are committed however few are in sync.</summary>
    internal sealed class CommitsBelowMinInSync : Rules
    {
        public override CommitRules Commit { get; } = new Broken();

        private sealed class Broken : CommitRules
        {
            public override bool MayCommit(ReplicaSet inSync, int minInSync) => true;
        }
    }

    /// <summary>A follower joins when it has reached a high watermark that a new leader does not know yet.</summary>
    internal sealed class JoinsBeforeTheEpochStarts : Rules
    {
        public override CommitRules Commit { get; } = new Broken();

        private sealed class Broken : CommitRules
        {
            public override bool MayJoin(long fetchOffset, long highWatermark, long epochStart) => fetchOffset >= highWatermark;
        }
    }

    /// <summary>No follower ever comes back.</summary>
    internal sealed class NobodyJoins : Rules
    {
        public override CommitRules Commit { get; } = new Broken();

        private sealed class Broken : CommitRules
        {
            public override bool MayJoin(long fetchOffset, long highWatermark, long epochStart) => false;
        }
    }

    /// <summary>Who follows a new leader cuts its log to the high watermark that it knows of: Kafka before KIP-101.</summary>
    internal sealed class CutsToTheHighWatermark : Rules
    {
        public override long CutBeforeFollowing(ReplicatedPartition partition, long logEnd) => partition.HighWatermark;

        public override (int Epoch, long EndOffset)? Divergence(EpochHistory epochs, int lastEpoch, long offset, long logEnd) => null;
    }

    /// <summary>Followers go on where their log ends, whatever is in it, and whomever they take for the leader.</summary>
    internal sealed class LooksAtNoEpochOfFetches : Rules
    {
        public override ErrorCode Fences(ReplicatedPartition partition, int askedEpoch) => partition.Fences(-1);

        public override (int Epoch, long EndOffset)? Divergence(EpochHistory epochs, int lastEpoch, long offset, long logEnd) => null;
    }

    /// <summary>A leader takes a follower's records for its own where it has deleted all of that epoch.</summary>
    internal sealed class VouchesForWhatItDeleted : Rules
    {
        public override (int Epoch, long EndOffset)? Divergence(EpochHistory epochs, int lastEpoch, long offset, long logEnd)
        {
            if (epochs.Starts.Count == 0 || lastEpoch < 0 || lastEpoch >= epochs.Starts[0].Epoch) return base.Divergence(epochs, lastEpoch, offset, logEnd);
            return epochs.Starts[0].StartOffset >= offset ? null : (lastEpoch, epochs.Starts[0].StartOffset);
        }
    }

    /// <summary>Everything is acknowledged once the leader has it.</summary>
    internal sealed class AcknowledgesForOthers : Rules
    {
        public override IAckRule AcksAll(IAckRule chosen) => AckRules.Leader;
    }

    /// <summary>A node that was cut off or stopped acknowledges what it finds, though others may have replaced it.</summary>
    internal sealed class AcknowledgesWithoutASession : Rules
    {
        public override bool AsksForASession => false;
    }

    /// <summary>Records are deleted before they are committed.</summary>
    internal sealed class DeletesWhatIsNotCommitted : Rules
    {
        public override long DeletableEnd(ReplicatedPartition partition, long logEnd) => logEnd;
    }

    /// <summary>A follower whose leader no longer has what comes next goes on at the end of what is committed.</summary>
    internal sealed class StartsOverAtTheEnd : Rules
    {
        public override long StartsOverAt(LeaderWord leaders) => leaders.HighWatermark;
    }

    /// <summary>A follower appends whatever answer arrives.</summary>
    internal sealed class AppendsLateAnswers : Rules
    {
        public override bool ChecksAnswers => false;
    }

    /// <summary>What the flush policy says must be on the disk is acknowledged from the page cache.</summary>
    internal sealed class AcknowledgesBeforeTheFlush : Rules
    {
        public override bool WaitsForFlush => false;
    }

    /// <summary>A former life of a node still counts.</summary>
    internal sealed class ForgetsRegistrations : Rules
    {
        public override bool FencesRegistrations => false;
    }

    /// <summary>A node that may have lost records takes back what it led.</summary>
    internal sealed class TrustsWhoMayHaveLost : Rules
    {
        public override IEnumerable<PartitionChanged> Return(ClusterState state, int node, bool mayHaveLost) => base.Return(state, node, mayHaveLost: false);
    }

    /// <summary>A dead leader is followed by any replica that lives.</summary>
    internal sealed class ElectsOutsideTheInSyncSet : Rules
    {
        public override IEnumerable<PartitionChanged> Elect(ClusterState state, TopicConfig defaults) =>
            from topic in state.Topics
            let partition = topic.Partitions[0]
            where partition.Leader < 0 || !state.IsAlive(partition.Leader)
            from heir in partition.Replicas.Where(state.IsAlive).TakeLast(1)
            select new PartitionChanged(topic.Id, 0, heir, partition.LeaderEpoch + 1, [heir], partition.Epoch + 1);
    }

    /// <summary>A follower that hears nothing of its leader takes its place.</summary>
    internal sealed class TakesOverInSilence : Rules
    {
        public override bool LeavesElectionsToTheStore => false;
    }

    /// <summary>Silence of the store, and the refusal of an earlier proposal, are taken for a refusal of the one under way.</summary>
    internal sealed class TakesSilenceForRefusal : Rules
    {
        public override bool WaitsForRefusals => false;
    }

    /// <summary>A node that leads again writes the epoch of its first reign.</summary>
    internal sealed class WritesTheEpochOfItsFirstReign : Rules
    {
        public override int EpochOf(ReplicatedPartition partition, int firstReign) => firstReign;
    }

    /// <summary>Consumers are given what is not committed yet.</summary>
    internal sealed class ServesTheWholeLog : Rules
    {
        public override long ConsumerBound(ReplicatedPartition partition, long logEnd) => logEnd;
    }

    /// <summary>Only the leader that took a batch knows its producer.</summary>
    internal sealed class FollowersForgetProducers : Rules
    {
        public override bool FollowersLearnProducers => false;
    }
}
