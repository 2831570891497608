namespace Engine.Tests.Allocation;

/// <summary>Counts what one thread allocates in several equal stretches of the same work, once that is warm.</summary>
/// <remarks>
/// The least of them counts. A busy machine adds some now and then that is not the work's own: a lock that two threads happen to meet at,
/// a pool that a collection trimmed. What the work allocates itself is in each of them.
/// </remarks>
/// <param name="warmUp">Rounds before the first stretch.</param>
/// <param name="rounds">Rounds of each stretch.</param>
internal sealed class AllocationMeter(int warmUp, int rounds)
{
    private const int Stretches = 4;

    private readonly long[] _marks = new long[Stretches + 1];
    private int _round;

    /// <summary>How many rounds it takes in all.</summary>
    public int TotalRounds => warmUp + (Stretches * rounds);

    /// <summary>Bytes allocated in the stretch with the fewest, when all rounds are over.</summary>
    public long LeastBytes
    {
        get
        {
            Assert.Equal(TotalRounds, _round - 1);
            return Enumerable.Range(0, Stretches).Min(stretch => _marks[stretch + 1] - _marks[stretch]);
        }
    }

    /// <summary>Measures on the calling thread; each round is given its number, from 0.</summary>
    /// <returns><see cref="LeastBytes"/>.</returns>
    public long Measure(Action<int> round)
    {
        NextRound();
        for (var number = 0; number < TotalRounds; number++)
        {
            round(number);
            NextRound();
        }

        return LeastBytes;
    }

    /// <summary>To be called by the thread that is measured, before each round and once after the last.</summary>
    public void NextRound()
    {
        if (_round >= warmUp && (_round - warmUp) % rounds == 0) _marks[(_round - warmUp) / rounds] = GC.GetAllocatedBytesForCurrentThread();
        _round++;
    }
}
