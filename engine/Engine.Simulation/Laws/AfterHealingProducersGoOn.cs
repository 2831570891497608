namespace Engine.Simulation.Laws;

/// <summary>Once nothing goes wrong any more, batches are acknowledged again, and soon.</summary>
internal sealed class AfterHealingProducersGoOn : Law
{
    public override string? Broken(Schedule schedule) =>
        schedule.IsOver && !(schedule.ProducersStop && schedule.Idempotent.IsIdle) ? "what producers send is not acknowledged any more" : null;
}
