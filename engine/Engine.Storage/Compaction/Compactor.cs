using Engine.Storage.Native;

namespace Engine.Storage.Compaction;

/// <summary>The node's thread that compacts logs, one at a time, the one with the most to gain first. Nothing waits for it.</summary>
public sealed class Compactor : IDisposable
{
    private const int Niceness = 10; // Half way down to the lowest: it yields to whoever serves clients.

    private readonly Func<IEnumerable<CompactionCandidate>> _candidates;
    private readonly CompactorSettings _settings;
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;

    /// <param name="candidates">The compacted logs at this moment, with what is committed of each.</param>
    /// <param name="settings">How often, with how much memory, how fast.</param>
    public Compactor(Func<IEnumerable<CompactionCandidate>> candidates, CompactorSettings settings)
    {
        (_candidates, _settings) = (candidates, settings);
        _thread = new Thread(Run) { Name = "log compactor", IsBackground = true };
        _thread.Start();
    }

    /// <summary>A log was compacted. Raised on the compactor's thread.</summary>
    public event Action<PartitionLog, CompactionReport>? Compacted;

    /// <summary>A log could not be; it is tried again the next time. Raised on the compactor's thread.</summary>
    public event Action<PartitionLog, Exception>? Failed;

    /// <summary>Ends the thread; what it was at is given up and leaves no trace.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        Libc.SetPriority(Libc.PriorityOfProcess, 0, Niceness); // On Linux that of the calling thread alone.
        var rate = new ByteRate(_settings.BytesPerSecond, TimeProvider.System, _stop.Token);
        try
        {
            while (!_stop.Token.WaitHandle.WaitOne(_settings.Pause)) CompactAllDue(rate);
        }
        catch (OperationCanceledException)
        {
            // Asked to end.
        }
    }

    private void CompactAllDue(ByteRate rate)
    {
        var done = new HashSet<PartitionLog>();
        while (MostDue(done) is { } candidate)
        {
            done.Add(candidate.Log);
            try
            {
                var report = candidate.Log.Compaction!.Run(Now, candidate.HighWatermark, _settings.MapBytes, rate);
                if (report is not null) Compacted?.Invoke(candidate.Log, report);
            }
            catch (Exception failure) when (LogState.IsEnvironmental(failure) || failure is LogOfflineException)
            {
                Failed?.Invoke(candidate.Log, failure);
            }
        }
    }

    private CompactionCandidate? MostDue(HashSet<PartitionLog> done)
    {
        CompactionCandidate? most = null;
        var largest = 0.0;
        foreach (var candidate in _candidates())
        {
            if (candidate.Log.Compaction is not { } compaction || done.Contains(candidate.Log)) continue;
            if (compaction.DueRatio(Now, candidate.HighWatermark) is var ratio && ratio <= largest) continue;
            (most, largest) = (candidate, ratio);
        }

        return most;
    }

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
}

/// <summary>A log that may be compacted as far as it is committed.</summary>
public sealed record CompactionCandidate(PartitionLog Log, long HighWatermark);

/// <summary>What a node gives to compaction.</summary>
public sealed record CompactorSettings
{
    /// <summary>How long to rest when nothing is due. Default 15 s, as in Kafka.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The most that the map of keys takes while a log is compacted, off the managed heap. Default 128 MiB, as in Kafka.</summary>
    public long MapBytes { get; init; } = 128 << 20;

    /// <summary>Bytes read and written a second together. Default: no limit.</summary>
    public long BytesPerSecond { get; init; } = long.MaxValue;
}
