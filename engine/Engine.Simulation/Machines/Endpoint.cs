namespace Engine.Simulation.Machines;

/// <summary>Whoever has an address: a node, the metadata store, a client.</summary>
internal abstract class Endpoint(Schedule schedule, int id)
{
    private readonly List<Happening> _missed = [];

    public int Id => id;

    /// <summary>Counts its starts: what was meant for an earlier life does not happen.</summary>
    public int Life { get; protected set; }

    public bool IsUp { get; protected set; } = true;

    /// <summary>Stopped like by SIGSTOP: the system takes messages for it, and it acts on them once it goes on.</summary>
    public bool IsPaused { get; private set; }

    protected Schedule Schedule => schedule;

    protected Chance Chance => schedule.Chance;

    public void Happen(in Happening what)
    {
        if (IsPaused) _missed.Add(what);
        else if (what.Message is { } message) Receive(message);
        else Due(what.Timer);
    }

    public void Pause() => IsPaused = true;

    public void Resume()
    {
        IsPaused = false;
        foreach (var what in _missed) schedule.Plan(0, what);
        _missed.Clear();
    }

    protected abstract void Receive(Message message);

    protected abstract void Due(int timer);

    protected void Send(int to, Message message) => schedule.Network.Send(id, to, message);

    protected void SetTimer(int timer, long delay) => schedule.Plan(delay, new Happening(id, null, timer, Life));

    /// <summary>All of it is gone: memory, connections, timers.</summary>
    protected void EndLife()
    {
        Life++;
        IsUp = IsPaused = false;
        _missed.Clear();
    }
}
