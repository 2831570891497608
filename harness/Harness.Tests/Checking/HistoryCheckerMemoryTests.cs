using Harness.Checking;

namespace Harness.Tests.Checking;

/// <summary>What a checker keeps of a million values. It is told from the whole process's memory, which others fill and free too.</summary>
[Collection(nameof(Alone))]
public sealed class HistoryCheckerMemoryTests
{
    private const int Values = 1_000_000;
    private const int Attempts = 5; // What a test before left behind may go, or something be made once, in one of them and not in all.

    [Fact]
    public void MillionValues_InBatchesOfOneThatInterleave_TakeMemoryByTheBatchAndNoMore() => AssertKeeps(
        atMost: 200L * Values, // two stretches of 32 bytes, in lists that double
        checker =>
        {
            for (var i = 0; i < Values; i++) checker.Add(new SendEntry(i % 4, 0, i / 4, 1, Outcome.Ok, i, i, i + 1));
            for (var i = 0; i < Values; i++) checker.Add(new ReadEntry(0, 0, i, 1, i % 4, i / 4, false, Values, i, i));
        });

    [Fact]
    public void MillionValues_OfOneProducerInOrder_ShrinkToNearlyNothing() => AssertKeeps(
        atMost: 100_000,
        checker =>
        {
            for (var i = 0; i < Values; i += 100) checker.Add(new SendEntry(0, 0, i, 100, Outcome.Ok, i, i, i + 1));
            for (var i = 0; i < Values; i += 100) checker.Add(new ReadEntry(0, 0, i, 100, 0, i, false, Values, i, i));
        });

    private static void AssertKeeps(long atMost, Action<HistoryChecker> tell)
    {
        var kept = new List<long>();
        do
        {
            var checker = new HistoryChecker();
            var before = GC.GetTotalMemory(forceFullCollection: true);
            tell(checker);
            kept.Add(GC.GetTotalMemory(forceFullCollection: true) - before);
            checker.Add(new PassEntry(0, 0, 0, Values, Values));
            var verdict = checker.Conclude();
            Assert.True(verdict.IsProven, string.Join("; ", verdict.Evidence));
            Assert.Equal(Values, verdict.Acked);
        }
        while (kept[^1] > atMost && kept.Count < Attempts);

        Assert.True(kept[^1] <= atMost, $"kept {string.Join(", ", kept)} bytes");
    }
}
