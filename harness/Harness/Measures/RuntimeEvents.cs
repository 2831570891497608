using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Net.Sockets;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Parsers;
using Microsoft.Diagnostics.Tracing.Parsers.Clr;

namespace Harness.Measures;

/// <summary>What the runtime of one .NET process tells of itself: an EventPipe session, from its start until <see cref="Stop"/>.</summary>
/// <remarks>
/// Any .NET process can be asked, for the runtime listens for such sessions unless it is told not to (<c>DOTNET_EnableDiagnostics=0</c>);
/// nothing in the process is made for it. Collections tell of themselves in some dozen events each; allocation, contention and the thread
/// pool's queue are counted by the runtime anyway, which says every few seconds how much it was (its event counters).
/// Moments are to a millisecond: a session's own start is told no finer.
/// </remarks>
public sealed class RuntimeEvents
{
    private const int BufferMiB = 16;

    /// <summary>Each time costs the process some 15 ms of CPU, as the runtime looks at all it counts: 0.3 % of a core so, 1.5 % every second.</summary>
    private const int CountersIntervalSeconds = 5;

    private const string CountersProvider = "System.Runtime";
    private const string CountersEvent = "EventCounters";

    private static readonly Dictionary<string, RuntimeCounter> Counters = new()
    {
        ["alloc-rate"] = RuntimeCounter.AllocatedBytes,
        ["monitor-lock-contention-count"] = RuntimeCounter.Contentions,
        ["threadpool-queue-length"] = RuntimeCounter.QueueLength,
    };

    /// <summary>A process that stands still answers nobody.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly EventPipeProvider[] Providers =
    [
        new(ClrTraceEventParser.ProviderName, EventLevel.Informational, (long)ClrTraceEventParser.Keywords.GC),
        new(CountersProvider, EventLevel.Informational, (long)EventKeywords.None,
            new Dictionary<string, string> { ["EventCounterIntervalSec"] = $"{CountersIntervalSeconds}" }),
    ];

    private readonly RuntimeLog _log = new();
    private readonly Task<EventPipeSession?> _session;
    private readonly Task _reading;
    private volatile string? _problem;

    private RuntimeEvents(int pid)
    {
        _session = Open(pid);
        _reading = Follow();
    }

    /// <summary>Why there are no figures; null when there are.</summary>
    public string? Problem => _problem;

    /// <summary>Asks a process from now on; does not wait for its answer.</summary>
    public static RuntimeEvents Attach(int pid) => new(pid);

    /// <summary>What its runtime did between two moments of <see cref="Stopwatch"/>'s clock; null when it did not tell.</summary>
    /// <remarks>Complete once <see cref="Stop"/> has returned: events come some 100 ms late.</remarks>
    public RuntimeUse? Between(long from, long to) => _problem is null ? _log.Between(from, to) : null;

    /// <summary>Ends the session, and returns when all that was told is here.</summary>
    public async Task Stop()
    {
        try
        {
            if (await _session is not { } session) return;

            using var patience = new CancellationTokenSource(Patience);
            await session.StopAsync(patience.Token);
            await _reading.WaitAsync(patience.Token);
        }
        catch (Exception error) when (error is OperationCanceledException || IsOfTheOtherEnd(error))
        {
            // It has ended, and what it told before is here; or it stands still, and the rest stays with it.
        }
    }

    private async Task<EventPipeSession?> Open(int pid)
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            return await new DiagnosticsClient(pid).StartEventPipeSessionAsync(Providers, requestRundown: false, BufferMiB, patience.Token);
        }
        catch (Exception error) when (error is OperationCanceledException || IsOfTheOtherEnd(error))
        {
            _problem = $"process {pid} does not tell of its runtime: "
                + (error is ServerNotAvailableException ? "it is no .NET process, or runs with DOTNET_EnableDiagnostics=0" : error.Message.TrimEnd('.'));
            return null;
        }
    }

    private async Task Follow()
    {
        // On a thread of its own: reading blocks until the session ends.
        if (await _session is { } session) await Task.Factory.StartNew(() => Read(session), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private void Read(EventPipeSession session)
    {
        try
        {
            using var source = new EventPipeEventSource(session.EventStream);
            var (utc, ticks) = (DateTime.UtcNow, Stopwatch.GetTimestamp());
            source.Clr.GCSuspendEEStart += suspension =>
            {
                if (suspension.Reason is GCSuspendEEReason.SuspendForGC or GCSuspendEEReason.SuspendForGCPrep) _log.Suspended(At(suspension));
            };
            source.Clr.GCRestartEEStop += resumption => _log.Resumed(At(resumption));
            source.Clr.GCStart += collection => _log.Collected(At(collection), collection.Depth);
            source.Dynamic.AddCallbackForProviderEvent(CountersProvider, CountersEvent, told => Count(At(told), told));
            source.Process();
            if (source.EventsLost > 0) _problem = $"{source.EventsLost} events of the runtime were lost";

            // One pair of moments for all: the wall clock may be set meanwhile.
            long At(TraceEvent told) => ticks + (long)((told.TimeStamp.ToUniversalTime() - utc).TotalSeconds * Stopwatch.Frequency);
        }
        catch (Exception)
        {
            // A process that was killed ends in the middle of a block, on which the parser stumbles in many ways: what it told before is here.
        }
    }

    // One counter an event: a name, and either what it grew by in an interval or what it was on the average.
    private void Count(long at, TraceEvent told)
    {
        if (told.PayloadValue(0) is not IDictionary<string, object> { } fields || fields["Payload"] is not IDictionary<string, object> { } counter
            || !Counters.TryGetValue((string)counter["Name"], out var which)) return;

        _log.Counted(at, which, (double)counter[counter.ContainsKey("Increment") ? "Increment" : "Max"], (float)counter["IntervalSec"]);
    }

    private static bool IsOfTheOtherEnd(Exception error) => error is DiagnosticsClientException or IOException or SocketException or TimeoutException;
}
