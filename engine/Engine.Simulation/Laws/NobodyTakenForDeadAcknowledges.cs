namespace Engine.Simulation.Laws;

/// <summary>A leader whose registration was ended by others acknowledges nothing any more, whether or not it knows of that.</summary>
internal sealed class NobodyTakenForDeadAcknowledges : Law
{
    private int _checked;

    public override string? Broken(Schedule schedule)
    {
        var vouches = schedule.Witness.Vouches;
        for (; _checked < vouches.Count; _checked++)
        {
            var vouched = vouches[_checked];
            if (!vouched.WasThere)
                return $"node {vouched.Leader} acknowledged batch {vouched.Batch} after its registration had been ended";
        }

        return null;
    }
}
