namespace Engine.Simulation.Laws;

/// <summary>What is deleted was committed, and every log begins no later than where somebody had records deleted.</summary>
internal sealed class OnlyCommittedRecordsAreDeleted : Law
{
    public override string? Broken(Schedule schedule)
    {
        var witness = schedule.Witness;
        if (witness.DeletedTo > witness.CommittedEnd)
            return $"records were deleted up to {witness.DeletedTo}, and are committed up to {witness.CommittedEnd}";
        foreach (var node in schedule.Nodes)
        {
            if (node.Disk.StartOffset > witness.DeletedTo)
                return $"the log of node {node.Id} begins at {node.Disk.StartOffset}, and records were deleted up to {witness.DeletedTo}";
        }

        return null;
    }
}
