using Harness.Load;
using Harness.Measures;

namespace Harness.Files;

/// <summary>Makes the files, sees to the page cache, lets the threads work and counts what they do.</summary>
internal sealed class FileWorkload(FileSpec spec, Action<LoadLine> print, CancellationToken stop)
{
    /// <summary>How much of the files may still be cached after they were dropped, before a run is not cold.</summary>
    private const double ColdTolerance = 0.05;

    private const int FillBytes = 1 << 20;
    private const long Nap = Clock.Millisecond;

    private readonly FileProgress _progress = new();
    private readonly List<LoadSecond> _timeline = [];

    private FileWork Work => spec.Work;

    public FileReport Execute()
    {
        var paths = Work.UsesFiles ? Enumerable.Range(0, Work.Threads).Select(i => (string?)Path.Combine(spec.Folder, $"file-{i}.dat")).ToArray() : new string?[Work.Threads];
        var problems = new List<string>();
        foreach (var path in paths.OfType<string>())
            if (Prepare(path) is { } problem) problems.Add(problem);

        var threads = paths.Select((path, i) => new FileThread(path, Work, spec.Seed + (ulong)i, _progress)).ToList();
        var seconds = Watch(threads);
        foreach (var thread in threads) thread.Dispose();
        problems.AddRange(threads.Select(thread => thread.Problem).OfType<string>());
        if (stop.IsCancellationRequested) problems.Add("stopped before its end");

        var latency = new Histogram();
        foreach (var thread in threads) latency.Merge(thread.Latency);
        var operations = threads.Sum(thread => thread.Operations);
        return new FileReport
        {
            Spec = spec,
            Problems = [.. problems.Distinct()],
            Seconds = seconds,
            Operations = operations,
            Bytes = operations * Work.BlockBytes,
            Syncs = threads.Sum(thread => thread.Syncs),
            Latency = latency,
            Timeline = _timeline,
        };
    }

    /// <summary>Makes one file as the work finds it.</summary>
    /// <returns>Why it is not that; null when it is.</returns>
    private unsafe string? Prepare(string path)
    {
        using var file = NativeFiles.Open(path, NativeFiles.ReadWrite | NativeFiles.Create);
        if (Work.Action == FileAction.Write && Work.Growing) return null;

        var bytes = Work.FileBytes / Work.Threads;
        using var noise = new DirectMemory(FillBytes, spec.Seed);
        for (var done = 0L; done < bytes; done += FillBytes) NativeFiles.Write(file, noise.Start, (int)Math.Min(FillBytes, bytes - done), done);
        NativeFiles.Sync(file);
        if (Work.Cache == CacheState.Warm) return null;

        NativeFiles.Drop(file);
        return PageCacheResidency.Of(file) is { } cached && cached > bytes * ColdTolerance
            ? $"{cached:N0} of {bytes:N0} bytes stayed in the page cache: the run would not be cold"
            : null;
    }

    /// <summary>Lets the threads work until the time is over or they are done.</summary>
    /// <returns>The measured seconds.</returns>
    private double Watch(List<FileThread> threads)
    {
        var start = Clock.Now;
        var warmup = Work.Once ? TimeSpan.Zero : spec.Warmup;
        var measureStart = start + Clock.Nanoseconds(warmup);
        var until = measureStart + Clock.Nanoseconds(spec.Duration);
        if (warmup > TimeSpan.Zero) Tell("warmup", PhaseEdge.Start);
        else Begin();

        foreach (var thread in threads) thread.Start();
        var told = new Seconds(threads, Work.BlockBytes);
        while (threads.Exists(thread => thread.IsRunning) && Clock.Now < until && !stop.IsCancellationRequested)
        {
            Thread.Sleep(Clock.Span(Nap));
            if (!_progress.Measuring && Clock.Now >= measureStart)
            {
                Tell("warmup", PhaseEdge.End);
                measureStart = Begin();
            }

            if (Clock.Now - start < (told.Count + 1) * Clock.Second) continue;

            _timeline.Add(told.Next(_progress.Measuring));
            print(new SecondLine(_timeline[^1]));
        }

        // A thread in the middle of a flush ends it, and its time counts: the bytes do.
        _progress.Stopping = true;
        while (threads.Exists(thread => thread.IsRunning)) Thread.Sleep(Clock.Span(Nap));
        var seconds = (Clock.Now - measureStart) / (double)Clock.Second;
        Tell("measure", PhaseEdge.End);
        return seconds;
    }

    private long Begin()
    {
        Tell("measure", PhaseEdge.Start);
        _progress.Measuring = true;
        return Clock.Now;
    }

    private void Tell(string phase, PhaseEdge edge) => print(new PhaseLine(phase, edge, DateTimeOffset.UtcNow, Clock.Now));

    /// <summary>Cuts what the threads have done into seconds.</summary>
    private sealed class Seconds(List<FileThread> threads, long blockBytes)
    {
        private long _operations;

        public int Count { get; private set; }

        public LoadSecond Next(bool measured)
        {
            var total = threads.Sum(thread => Volatile.Read(ref thread.TotalOperations));
            var second = new LoadSecond { Second = Count++, Measured = measured, ReadRecords = total - _operations, ReadBytes = (total - _operations) * blockBytes };
            _operations = total;
            return second;
        }
    }
}
