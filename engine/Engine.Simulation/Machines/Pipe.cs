namespace Engine.Simulation.Machines;

/// <summary>One end of a connection: what comes twice comes once, and what is missing breaks it, as nothing behind it can be had in order.</summary>
internal sealed class Pipe(long connection)
{
    private int _sent;
    private int _received;

    public long Connection => connection;

    public bool IsBroken { get; private set; }

    /// <summary>The number of the next frame from this end.</summary>
    public int NextNumber() => _sent++;

    /// <summary>Whether a frame from the other end is the next one.</summary>
    public bool Takes(int number)
    {
        IsBroken |= number > _received;
        if (IsBroken || number < _received) return false;

        _received++;
        return true;
    }
}
