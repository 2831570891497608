namespace Engine.Simulation.Machines;

/// <summary>Carries messages between endpoints: late, twice, not at all; in order on one connection, in any order across two.</summary>
internal sealed class SimulatedNetwork
{
    private readonly Schedule _schedule;
    private readonly int _count;
    private readonly int[] _cuts;
    private readonly long[] _slowness;
    private readonly long[] _lastArrival;

    public SimulatedNetwork(Schedule schedule, int endpoints)
    {
        (_schedule, _count) = (schedule, endpoints);
        (_cuts, _slowness, _lastArrival) = (new int[endpoints * endpoints], new long[endpoints * endpoints], new long[endpoints * endpoints]);
    }

    /// <summary>The longest that a message is under way where nothing is slow.</summary>
    public int DelayMs { get; set; } = 2;

    public int LossPerMille { get; set; }

    public int DuplicatesPerMille { get; set; }

    public void Send(int from, int to, Message message)
    {
        (message.From, message.To) = (from, to);
        var (chance, link) = (_schedule.Chance, Link(from, to));
        if (_cuts[link] > 0 || !_schedule.Endpoint(to).IsUp || chance.PerMille(LossPerMille)) return;

        var delay = chance.Span(0, DelayMs) + _slowness[link];
        var arrival = _lastArrival[link] = Math.Max(_schedule.Now + delay, _lastArrival[link]);
        var what = new Happening(to, message, 0, _schedule.Endpoint(to).Life);
        _schedule.Plan(arrival - _schedule.Now, what);
        if (chance.PerMille(DuplicatesPerMille)) _schedule.Plan(delay + chance.Span(1, 800), what);
    }

    /// <summary>Whether what was under way is lost: the link was cut meanwhile.</summary>
    public bool Loses(Message message) => _cuts[Link(message.From, message.To)] > 0;

    /// <summary>A new connection, as after a time-out: what it carries may overtake what the former one still does.</summary>
    public void Reconnect(int from, int to) => _lastArrival[Link(from, to)] = _lastArrival[Link(to, from)] = 0;

    /// <summary>Nothing gets from one to the other until <see cref="Mend"/>; cuts add up.</summary>
    public void Cut(int from, int to) => _cuts[Link(from, to)]++;

    public void Mend(int from, int to) => _cuts[Link(from, to)]--;

    public void Slow(int from, int to, long by) => _slowness[Link(from, to)] = by;

    private int Link(int from, int to) => from * _count + to;
}
