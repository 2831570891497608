namespace Engine.Simulation.Machines;

/// <summary>What is yet to happen, in order of (virtual time, sequence): of two at one moment, the one that was planned first.</summary>
internal sealed class EventQueue
{
    private Planned[] _heap = new Planned[256];
    private int _count;
    private long _sequence;

    public int Count => _count;

    public void Add(long at, in Happening what)
    {
        if (_count == _heap.Length) Array.Resize(ref _heap, _count * 2);
        var planned = new Planned(at, _sequence++, what);
        var i = _count++;
        while (i > 0 && planned.IsBefore(_heap[(i - 1) / 2]))
        {
            _heap[i] = _heap[(i - 1) / 2];
            i = (i - 1) / 2;
        }

        _heap[i] = planned;
    }

    public Planned Take()
    {
        var first = _heap[0];
        var last = _heap[--_count];
        _heap[_count] = default;
        var i = 0;
        while (2 * i + 1 < _count)
        {
            var child = 2 * i + 1;
            if (child + 1 < _count && _heap[child + 1].IsBefore(_heap[child])) child++;
            if (!_heap[child].IsBefore(last)) break;
            _heap[i] = _heap[child];
            i = child;
        }

        if (_count > 0) _heap[i] = last;
        return first;
    }
}

/// <summary>An event and when it happens.</summary>
internal readonly record struct Planned(long At, long Sequence, Happening What)
{
    public bool IsBefore(in Planned other) => At < other.At || (At == other.At && Sequence < other.Sequence);
}

/// <summary>One event: a message arrives, or a timer of an endpoint is due.</summary>
/// <param name="Endpoint">To whom it happens; -1: to the schedule itself.</param>
/// <param name="Message">Null for a timer.</param>
/// <param name="Timer">Which of the endpoint's timers.</param>
/// <param name="Life">The life of the endpoint it was meant for: a restarted node hears nothing of what its former life asked for.</param>
internal readonly record struct Happening(int Endpoint, Message? Message, int Timer, int Life)
{
    public override string ToString() => Message is null ? $"timer {Timer} of {Endpoint}" : Message.ToString();
}
