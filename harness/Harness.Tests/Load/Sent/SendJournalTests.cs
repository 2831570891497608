using Harness.Load.Sent;

namespace Harness.Tests.Load.Sent;

public sealed class SendJournalTests
{
    [Fact]
    public void TryFind_FollowingTheWriter_FindsEveryRecordsBatch()
    {
        var journal = new SendJournal();
        var place = journal.Start;
        var first = 0L;
        for (var i = 0; i < 3000; i++)
        {
            var count = 1 + i % 7;
            journal.Add(new(first, count, first * 10, (first + count - 1) * 10));
            for (var number = first; number < first + count; number++)
            {
                Assert.True(SendJournal.TryFind(ref place, number, out var batch));
                Assert.Equal(number * 10, batch.Intended(number));
            }

            Assert.False(SendJournal.TryFind(ref place, first + count, out _));
            first += count;
        }
    }

    [Fact]
    public void TryFind_FarBehindOrWithGaps_LosesNothing()
    {
        var journal = new SendJournal();
        SendJournal.Place slow = journal.Start, sparse = journal.Start;
        for (var i = 0; i < 2000; i++) journal.Add(new(i * 10, 10, i, i));
        journal.ForgetStart();
        for (var number = 0; number < 20_000; number++) Assert.True(SendJournal.TryFind(ref slow, number, out _));
        for (var number = 5; number < 20_000; number += 3333)
        {
            Assert.True(SendJournal.TryFind(ref sparse, number, out var batch));
            Assert.Equal(number / 10, batch.FirstIntended);
        }

        Assert.False(SendJournal.TryFind(ref sparse, 3, out _)); // seen before: a duplicate has no latency
        Assert.True(SendJournal.TryFind(ref sparse, 19_999, out _));
    }
}
