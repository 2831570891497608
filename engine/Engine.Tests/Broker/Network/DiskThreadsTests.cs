using System.Collections.Concurrent;
using Engine.Broker.Network;

namespace Engine.Tests.Broker.Network;

public sealed class DiskThreadsTests
{
    [Fact]
    public void Work_ThatGoesOnInSteps_TakesTurnsWithWhatCameLater()
    {
        const int Readers = 9, Steps = 5;
        var taken = new ConcurrentQueue<(int Reader, int Step)>();
        using var finished = new CountdownEvent(Readers);
        using var begin = new ManualResetEventSlim();
        using var disk = new DiskThreads(most: 1);
        disk.Post(new Step(() => begin.Wait())); // holds the one thread until all have come

        for (var i = 0; i < Readers; i++)
        {
            var (reader, step) = (i, 0);
            Step? work = null;
            work = new Step(() =>
            {
                taken.Enqueue((reader, step++));
                if (step < Steps) Assert.True(disk.Post(work!));
                else finished.Signal();
            });
            disk.Post(work);
        }

        begin.Set();
        Assert.True(finished.Wait(Host.Patience));
        var expected = from step in Enumerable.Range(0, Steps) from reader in Enumerable.Range(0, Readers) select (reader, step);
        Assert.Equal(expected, taken);
    }

    [Fact]
    public void Work_ThatWaits_HoldsUpNobodyWhileThreadsAreLeft()
    {
        using var hold = new ManualResetEventSlim();
        using var third = new ManualResetEventSlim();
        using var disk = new DiskThreads(most: 3); // Ends before what its work waits for.
        disk.Post(new Step(() => hold.Wait()));
        disk.Post(new Step(() => hold.Wait()));
        disk.Post(new Step(third.Set));

        Assert.True(third.Wait(Host.Patience));
        hold.Set();
    }

    [Fact]
    public void Dispose_WithWorkWaiting_FinishesItAndTakesNoMore()
    {
        var done = 0;
        var disk = new DiskThreads(most: 2);
        for (var i = 0; i < 100; i++) disk.Post(new Step(() => Interlocked.Increment(ref done)));
        disk.Dispose();

        Assert.Equal(100, done);
        Assert.False(disk.Post(new Step(() => Interlocked.Increment(ref done))));
        Assert.Equal(100, done);
    }

    private sealed class Step(Action step) : IDiskWork
    {
        public void Run() => step();
    }
}
