using System.Runtime.ExceptionServices;
using Engine.Core.Strategies;
using Harness.Load;
using Harness.Nodes;

namespace Harness.Systems.Kafka;

/// <summary>The producing tool at a worker's job, told in a worker's lines.</summary>
/// <remarks>It says when its warm-up is over with its first line of progress after that, and that it is done with its totals. The measured time
/// is the one its own rate counts over, which begins up to <see cref="KafkaTools.ReportingIntervalMs"/> before that line.</remarks>
internal sealed class KafkaToolsLoad : IAsyncDisposable
{
    private const string SteadyLine = "In steady state.";

    private readonly NodeProcess _process;
    private readonly LoadSpec _spec;
    private readonly Action<LoadLine> _onLine;
    private readonly long _recordBytes;
    private readonly List<PerfTotal> _totals = [];
    private readonly List<LoadSecond> _seconds = [];
    private long? _begin;
    private (long Nanoseconds, DateTimeOffset Utc)? _end;
    private volatile ExceptionDispatchInfo? _failure;

    /// <param name="tools">The tools.</param>
    /// <param name="spec">The job.</param>
    /// <param name="cpus">The CPUs it runs on; null for any.</param>
    /// <param name="logFolder">Gets all it prints.</param>
    /// <param name="onLine">Is told when the measured time begins and ends, and each second of it.</param>
    /// <exception cref="NodeFailedException">It cannot be started.</exception>
    public KafkaToolsLoad(KafkaTools tools, LoadSpec spec, string? cpus, string logFolder, Action<LoadLine> onLine)
    {
        _spec = spec;
        _onLine = onLine;
        _recordBytes = Quantity.ParseBytes(spec.Produce!.RecordSize)!.Value;
        _process = NodeProcess.Start(tools.ProducerCommand(spec, cpus, logFolder), TakeLine);
    }

    public int Pid => _process.Pid;

    /// <summary>Of the measured records, once there is a report.</summary>
    public PerfLatency Latency => Measured.Latency;

    private PerfTotal Measured => _totals.Find(total => total.IsSteady) ?? _totals[0];

    /// <summary>Waits for the tool's end.</summary>
    /// <returns>What it says; its histograms are empty, see <see cref="Latency"/>.</returns>
    /// <exception cref="NodeFailedException">It ended without its totals.</exception>
    public async Task<LoadReport> Report()
    {
        await _process.Exited;
        _failure?.Throw();
        var (warmup, planned) = KafkaTools.RecordsOf(_spec);
        if (_process.ExitCode != 0 || _begin is null || _end is not { } end || _totals.Count < (warmup > 0 ? 2 : 1))
            throw new NodeFailedException($"{_process.Name} ended with exit code {_process.ExitCode} and without its totals:\n{_process.LogTail}");

        var (measured, acked, sent) = (Measured, _totals[0].Records, warmup + planned);
        var start = end.Nanoseconds - (long)(measured.Records / measured.PerSecond * Clock.Second);
        return new LoadReport
        {
            Spec = _spec,
            Phases = [new LoadPhase("measure", end.Utc - Clock.Span(end.Nanoseconds - start), start, end.Nanoseconds)],
            Timeline = _seconds,
            Produce = new ProduceReport
            {
                OfferedRecordsPerSecond = _spec.Produce!.RecordsPerSecond,
                AckedRecordsPerSecond = measured.PerSecond,
                AckedBytesPerSecond = measured.PerSecond * _recordBytes,
                SentRecords = planned,
                AckedRecords = measured.Records,
                AckedBytes = measured.Records * _recordBytes,
                WireBytes = 0,
                Requests = 0,
                Batches = 0,
                Totals = new ProduceTotals(sent, acked, sent - acked, Unanswered: 0, NeverSent: 0),
                Latency = new Histogram(),
                ServiceTime = new Histogram(),
                SendLateness = new Histogram(),
                GeneratorLateness = new Histogram(),
            },
            // What it used is seen from outside.
            Worker = new WorkerUsage { UserSeconds = 0, SystemSeconds = 0, Cores = 0, AllocatedBytes = 0, Collections = 0 },
        };
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    // Thrown here, an error would end the thread that reads, and the tool would wait for ever for room in the pipe.
    private bool TakeLine(string line)
    {
        try
        {
            Take(line);
        }
        catch (Exception error)
        {
            _failure ??= ExceptionDispatchInfo.Capture(error);
        }

        return false; // the log has all of it
    }

    private void Take(string line)
    {
        var now = Clock.Now;
        if (PerfTotal.Parse(line) is { } total)
        {
            _totals.Add(total);
            if (_end is not null || _begin is null) return;

            _end = (now, DateTimeOffset.UtcNow);
            _onLine(new PhaseLine("measure", PhaseEdge.End, _end.Value.Utc, now));
            return;
        }

        var window = PerfWindow.Parse(line);
        if (_begin is null && (line == SteadyLine || (window is not null && KafkaTools.RecordsOf(_spec).Warmup == 0)))
        {
            _begin = now;
            _onLine(new PhaseLine("measure", PhaseEdge.Start, DateTimeOffset.UtcNow, now));
        }

        if (_begin is { } begin && window is not null) Add((int)((now - begin) / Clock.Second), window);
    }

    private void Add(int second, PerfWindow window)
    {
        while (_seconds.Count <= second)
        {
            if (_seconds.Count > 0) _onLine(new SecondLine(_seconds[^1]));
            _seconds.Add(new LoadSecond { Second = _seconds.Count, Measured = true, OfferedRecords = (long)_spec.Produce!.RecordsPerSecond });
        }

        var max = TimeSpan.FromMilliseconds(window.MaxMs);
        _seconds[second] = _seconds[second] with
        {
            SentRecords = _seconds[second].SentRecords + window.Records,
            AckedRecords = _seconds[second].AckedRecords + window.Records,
            AckedBytes = _seconds[second].AckedBytes + window.Records * _recordBytes,
            Max = _seconds[second].Max is { } before && before > max ? before : max,
        };
    }
}
