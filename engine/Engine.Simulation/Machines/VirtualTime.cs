namespace Engine.Simulation.Machines;

/// <summary>Nanoseconds since a schedule began. Only the queue moves them.</summary>
internal static class VirtualTime
{
    public const long Millisecond = 1_000_000;
    public const long Second = 1000 * Millisecond;
}
