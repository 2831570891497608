using Engine.Storage.Native;
using Microsoft.Win32.SafeHandles;

namespace Engine.Tests.Storage.Compaction;

/// <summary>Compaction stopped at each of its file calls: what is there afterwards is the log as it was or as it was to be.</summary>
public sealed class InterruptedCompactionTests
{
    [Fact]
    public void Run_KilledAtEachStep_LeavesALogThatReadsTheSameAndCanBeCompacted()
    {
        var steps = 0;
        for (var isOver = false; !isOver; steps++)
        {
            var calls = new EndingCalls();
            using var keyed = new KeyedLog(calls: calls);
            keyed.Fill(batches: 70, keys: 10);
            var (closed, end) = (keyed.ClosedEnd, keyed.Log.EndOffset);
            calls.CallsLeft = steps;
            try
            {
                keyed.Compact();
                isOver = true;
            }
            catch (Killed)
            {
                // Nothing more is done: what is on disk now is what a kill -9 leaves.
            }

            calls.CallsLeft = int.MaxValue;
            keyed.Scratch.Crash();

            Assert.Equal((0L, end, 0), (keyed.Log.StartOffset, keyed.Log.EndOffset, keyed.Log.Recovered.SegmentsDropped));
            AssertLastValues(keyed);
            Assert.Empty(keyed.Scratch.Files("*.cleaned").Concat(keyed.Scratch.Files("*.swap")));
            if (!isOver) keyed.Compact();
            Assert.Equal(keyed.Expected(closed), keyed.Read());
        }

        Assert.True(steps > 30, $"only {steps} steps"); // Several segments, each written, flushed, renamed, swapped.
    }

    [Fact]
    public void Run_DiskFailsAtEachStep_KeepsTheLogOrTakesItOfflineForTheNextStartToMend()
    {
        var (steps, offline, kept) = (0, 0, 0);
        for (var isOver = false; !isOver; steps++)
        {
            var calls = new EndingCalls { Fails = true };
            using var keyed = new KeyedLog(calls: calls);
            keyed.Fill(batches: 50, keys: 10);
            var closed = keyed.ClosedEnd;
            calls.CallsLeft = steps;
            try
            {
                keyed.Compact();
                isOver = true;
            }
            catch (IOException)
            {
                Assert.False(keyed.Log.IsOffline);
                calls.CallsLeft = int.MaxValue;
                AssertLastValues(keyed);
                kept++;
            }
            catch (Engine.Storage.LogOfflineException)
            {
                Assert.True(keyed.Log.IsOffline);
                offline++;
            }

            calls.CallsLeft = int.MaxValue;
            keyed.Scratch.Restart();
            AssertLastValues(keyed);
            if (!isOver) keyed.Compact();
            Assert.Equal(keyed.Expected(closed), keyed.Read());
        }

        Assert.True(offline > 5 && kept > 5, $"{steps} steps: {offline} took the log offline, {kept} did not");
    }

    /// <summary>Each key's last record is there; of earlier ones some may be, in place.</summary>
    private static void AssertLastValues(KeyedLog keyed)
    {
        var read = keyed.Read();
        var last = keyed.Appended.GroupBy(record => record.Key).Select(same => same.MaxBy(record => record.Offset));
        Assert.Empty(last.Except(read));
        Assert.Empty(read.Except(keyed.Appended));
        Assert.Equal(read.OrderBy(record => record.Offset), read);
    }

    private sealed class Killed : Exception;

    /// <summary>The kernel's calls, until the compacting thread has none left: then every one of its throws.</summary>
    private sealed class EndingCalls : FileCalls
    {
        private readonly int _thread = Environment.CurrentManagedThreadId;

        public int CallsLeft { get; set; } = int.MaxValue;

        public bool Fails { get; init; }

        public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long position)
        {
            if (CallsLeft == 0 && Environment.CurrentManagedThreadId == _thread) base.Write(file, bytes[..(bytes.Length / 2)], position);
            Count();
            base.Write(file, bytes, position);
        }

        public override void SyncData(SafeFileHandle file)
        {
            Count();
            base.SyncData(file);
        }

        public override void SyncFolder(string folder)
        {
            Count();
            base.SyncFolder(folder);
        }

        public override void Rename(string from, string to)
        {
            Count();
            base.Rename(from, to);
        }

        public override void Delete(string path)
        {
            Count();
            base.Delete(path);
        }

        private void Count()
        {
            if (CallsLeft == int.MaxValue || Environment.CurrentManagedThreadId != _thread) return;
            if (CallsLeft-- > 0) return;
            CallsLeft = 0;
            throw Fails ? new IOException("Input/output error (errno 5)", 5) : new Killed();
        }
    }
}
