using Engine.Core.Acks;

namespace Engine.Simulation.Laws;

/// <summary>At the moment of its acknowledgement a record is on as many nodes as acks=all asks for, and flushed there if it asks for that.</summary>
/// <remarks>
/// A leader that has a successor already, of which it does not know, may count nodes that have gone over to it. Where acknowledgements
/// do not wait for flushes, one that lost its power may have had the record when it said so.
/// </remarks>
internal sealed class AcknowledgedRecordsAreWhereTheirRuleSays : Law
{
    private int _checked;

    public override string? Broken(Schedule schedule)
    {
        var vouches = schedule.Witness.Vouches;
        for (; _checked < vouches.Count; _checked++)
        {
            var (vouched, setting) = (vouches[_checked], schedule.Setting);
            if (!vouched.IsPromised || vouched.LeaderEpoch != schedule.PartitionOf(schedule.Store.State).LeaderEpoch) continue;

            var majority = setting.Replicas / 2 + 1;
            var (have, needed) = setting.Acks.AnswerAt switch
            {
                Progress.Flushed => (vouched.FlushedCount, majority),
                Progress.HeldByMajority => (vouched.HolderCount, majority),
                _ => (vouched.HolderCount + schedule.Nodes.Count(node => node.HasLostPower), setting.MinInSync),
            };
            if (have < needed)
                return $"node {vouched.Leader} acknowledged batch {vouched.Batch} at {vouched.BaseOffset} while {have} of {needed} had it as they should";
        }

        return null;
    }
}
