using System.Diagnostics.CodeAnalysis;

namespace Engine.Broker.Waiting;

/// <summary>Waits taken out of a partition under its lock, to be woken once the lock is left.</summary>
/// <remarks>
/// Lives on the stack; its storage is rented from a stack of arrays per thread, since waking one wait can make the same
/// thread wake others (a follower's fetch commits a record, which wakes a producer's answer).
/// </remarks>
internal ref struct WokenWaits
{
    [ThreadStatic]
    private static List<(OffsetWait Wait, int Token)[]>? _spare;

    private (OffsetWait Wait, int Token)[]? _waits;
    private int _count;

    public void Add(OffsetWait wait, int token)
    {
        _waits ??= Rent();
        if (_count == _waits.Length) Array.Resize(ref _waits, _count * 2);
        _waits[_count++] = (wait, token);
    }

    /// <summary>Wakes them in the order they were taken. The caller holds no lock.</summary>
    public void Wake()
    {
        if (_waits is null) return;

        var (waits, count) = (_waits, _count);
        (_waits, _count) = (null, 0);
        for (var i = 0; i < count; i++) waits[i].Wait.Reached(waits[i].Token);

        Array.Clear(waits, 0, count);
        _spare!.Add(waits);
    }

    [MemberNotNull(nameof(_spare))]
    private static (OffsetWait Wait, int Token)[] Rent()
    {
        _spare ??= [];
        if (_spare.Count == 0) return new (OffsetWait, int)[16];

        var waits = _spare[^1];
        _spare.RemoveAt(_spare.Count - 1);
        return waits;
    }
}
