namespace Engine.Simulation.Laws;

/// <summary>What a consumer reads at an offset is what was committed there.</summary>
internal sealed class ConsumersSeeOnlyCommitted : Law
{
    private int _checked;

    public override string? Broken(Schedule schedule)
    {
        var reads = schedule.Witness.Reads;
        for (; _checked < reads.Count; _checked++)
        {
            var read = reads[_checked];
            if (schedule.Witness.Find(read.BaseOffset) is not { } committed) return $"batch {read.Batch} was read at {read.BaseOffset} and is not committed";
            if (committed.Chain != read.Chain) return $"batch {read.Batch} was read at {read.BaseOffset}, where batch {committed.Batch} is committed";
        }

        return null;
    }
}
