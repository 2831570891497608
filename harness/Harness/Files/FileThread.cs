using Harness.Load;

namespace Harness.Files;

/// <summary>One thread at work on its file. What it counts is read while it runs: whole numbers that only grow.</summary>
internal sealed unsafe class FileThread : IDisposable
{
    private readonly FileWork _work;
    private readonly FileProgress _progress;
    private readonly IFilePath? _path;
    private readonly DirectMemory _block;
    private readonly DirectMemory? _source;
    private readonly int[]? _order;
    private readonly long _blocks;
    private readonly Thread _thread;

    private long _unsyncedBytes;

    /// <param name="path">The file, which exists; null for work without one.</param>
    /// <param name="work">What to do.</param>
    /// <param name="seed">Decides the order of random places.</param>
    /// <param name="progress">Says when to count and when to stop.</param>
    public FileThread(string? path, FileWork work, ulong seed, FileProgress progress)
    {
        (_work, _progress) = (work, progress);
        var ownBytes = work.FileBytes / work.Threads;
        _blocks = ownBytes / work.BlockBytes;
        _path = path is null ? null : FilePaths.Open(path, work);
        // A copy walks through all of its memory, else it would measure the processor's cache.
        _block = new DirectMemory(work.Action == FileAction.Copy ? ownBytes / 2 : work.BlockBytes, seed);
        _source = work.Action == FileAction.Copy ? new DirectMemory(ownBytes / 2, seed + 1) : null;
        if (work.Action == FileAction.Copy) _blocks = Math.Max(1, ownBytes / 2 / work.BlockBytes);
        if (work.Pattern == AccessPattern.Random)
        {
            _order = [.. Enumerable.Range(0, (int)_blocks)];
            new Random((int)seed).Shuffle(_order);
        }

        _thread = new Thread(Run) { Name = "file worker" };
    }

    public Histogram Latency { get; } = new();

    /// <summary>Operations since the start, warm-up included.</summary>
    public long TotalOperations;

    /// <summary>Operations that began in the measured time.</summary>
    public long Operations;

    public long Syncs;

    public bool IsRunning => _thread.IsAlive;

    /// <summary>What ended it before its time; null when nothing did.</summary>
    public string? Problem { get; private set; }

    public void Start() => _thread.Start();

    public void Dispose()
    {
        _thread.Join();
        _path?.Dispose();
        _block.Dispose();
        _source?.Dispose();
    }

    private void Run()
    {
        try
        {
            for (var number = 0L; !_progress.Stopping; number++)
            {
                if (number == _blocks)
                {
                    if (_work.Once) break;
                    number = 0;
                }

                var counts = _progress.Measuring;
                var begin = Clock.Now;
                Work((_order is null ? number : _order[number]) * _work.BlockBytes);
                TotalOperations++;
                if (!counts) continue;

                Latency.RecordNanoseconds(Clock.Now - begin);
                Operations++;
            }

            // What was written counts as written when it is as safe as all before it.
            if (_work.SyncEveryBytes > 0 && _unsyncedBytes > 0) Sync();
        }
        catch (IOException failure)
        {
            Problem = failure.Message;
        }
    }

    private void Work(long position)
    {
        var count = (int)_work.BlockBytes;
        switch (_work.Action)
        {
            case FileAction.Copy:
                Buffer.MemoryCopy(_source!.Start + position, _block.Start + position, count, count);
                return;
            case FileAction.Spin:
                Thread.SpinWait(count);
                return;
            default:
                _path!.Transfer(_block.Start, count, position);
                break;
        }

        if (_work.Action != FileAction.Write || _work.SyncEveryBytes == 0) return;

        _unsyncedBytes += count;
        if (_unsyncedBytes >= _work.SyncEveryBytes) Sync();
    }

    private void Sync()
    {
        _path!.Sync();
        _unsyncedBytes = 0;
        if (_progress.Measuring) Syncs++;
    }
}

/// <summary>What the threads are told while they run.</summary>
internal sealed class FileProgress
{
    private volatile bool _measuring;
    private volatile bool _stopping;

    /// <summary>Whether operations that begin now count.</summary>
    public bool Measuring
    {
        get => _measuring;
        set => _measuring = value;
    }

    public bool Stopping
    {
        get => _stopping;
        set => _stopping = value;
    }
}
