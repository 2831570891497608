namespace Engine.Simulation.Laws;

/// <summary>However often an idempotent producer sends a batch, and to whom, it is committed at most once, unless it was deleted meanwhile.</summary>
internal sealed class IdempotentRecordsAppearOnce : Law
{
    private readonly Dictionary<long, long> _offsets = [];
    private int _checked;

    public override string? Broken(Schedule schedule)
    {
        var committed = schedule.Witness.CommittedBatches;
        for (; _checked < committed.Count; _checked++)
        {
            var batch = committed[_checked];
            if (!schedule.IsIdempotent(batch.Batch) || _offsets.TryAdd(batch.Batch, batch.BaseOffset)) continue;
            // A producer is forgotten with its records: whoever never had those takes them for new.
            if (_offsets[batch.Batch] >= schedule.Witness.DeletedTo)
                return $"batch {batch.Batch} is committed at {_offsets[batch.Batch]} and again at {batch.BaseOffset}";
        }

        return null;
    }
}
