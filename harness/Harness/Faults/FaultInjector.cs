using System.ComponentModel;
using System.Globalization;
using Harness.Load;
using Harness.Nodes;
using Harness.Results;
using Harness.Runs;

namespace Harness.Faults;

/// <summary>Takes the steps of a plan at their times and puts right what is still wrong when the measured time is over.</summary>
internal sealed class FaultInjector(FaultScene scene, IReadOnlyList<FaultStep> steps, Action<string> tell, CancellationToken stop) : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = CancellationTokenSource.CreateLinkedTokenSource(stop);
    private readonly CancellationTokenSource _givenUp = CancellationTokenSource.CreateLinkedTokenSource(stop);
    private readonly Lock _lock = new();
    private readonly List<FaultRecord> _records = [];
    private readonly HashSet<FaultStep> _taken = new(ReferenceEqualityComparer.Instance);

    /// <summary>Completes when no fault is on any more and none will come; fails when one could not be brought about or put right.</summary>
    public Task Done { get; private set; } = Task.CompletedTask;

    /// <summary>What happened so far, in order of time.</summary>
    public IReadOnlyList<FaultRecord> Records
    {
        get
        {
            lock (_lock) return [.. _records.OrderBy(record => record.BeganSecond)];
        }
    }

    /// <summary>The steps that were never taken, as the measured time was over before they could be.</summary>
    public IReadOnlyList<FaultStep> Missed
    {
        get
        {
            lock (_lock) return [.. steps.Where(step => !_taken.Contains(step))];
        }
    }

    /// <summary>Measuring began.</summary>
    /// <param name="start">When, by <see cref="Clock"/>.</param>
    public void Begin(long start) => Done = Task.WhenAll(steps.Select(step => Task.Run(() => Take(step, start))));

    /// <summary>Measuring is over: what is still wrong is put right now, and what has not begun does not.</summary>
    public void End() => _over.Cancel();

    public async ValueTask DisposeAsync()
    {
        await _givenUp.CancelAsync();
        await _over.CancelAsync();
        // Whoever waited for it has seen how it ended.
        await Done.ContinueWith(_ => { }, TaskScheduler.Default);
        _over.Dispose();
        _givenUp.Dispose();
    }

    private async Task Take(FaultStep step, long start)
    {
        try
        {
            await Until(start + Clock.Nanoseconds(step.At));
            if (_over.IsCancellationRequested) return;

            var asks = step.Target.DependsOnRoles || step.Fault.Peers is { DependsOnRoles: true };
            var roles = asks ? await scene.Roles(_givenUp.Token) : scene.WithoutRoles();
            var nodes = step.Target.Resolve(roles, []);
            var peers = step.Fault.Peers?.Resolve(roles, nodes) ?? [];

            var began = Clock.Now;
            var record = new FaultRecord { Fault = step.Text, Nodes = string.Join(' ', nodes.Select(node => node.ToString(CultureInfo.InvariantCulture))), BeganSecond = SecondsSince(start, began) };
            tell(record.Label);
            await step.Fault.Begin(scene, nodes, peers, _givenUp.Token);
            Add(step, record);
            if (step.Lasts is not { } lasts) return;

            await Until(began + Clock.Nanoseconds(lasts));
            await step.Fault.Heal(scene, nodes, peers, _givenUp.Token);
            Replace(record, record with { HealedSecond = SecondsSince(start, Clock.Now) });
        }
        catch (Exception error) when (error is NodeFailedException or RunFailedException or LoadException or IOException or UnauthorizedAccessException or Win32Exception or InvalidOperationException)
        {
            throw new RunFailedException($"the fault {step.Text} failed: {error.Message}");
        }
    }

    // Returns early when the measured time is over.
    private async Task Until(long moment)
    {
        try
        {
            // Timers count whole milliseconds of a coarser clock and may come early; a fault must not.
            while (moment - Clock.Now is > 0 and var left) await Task.Delay(TimeSpan.FromMilliseconds(1 + left / Clock.Millisecond), _over.Token);
        }
        catch (OperationCanceledException) when (!_givenUp.IsCancellationRequested)
        {
            // Over: whoever waited goes on.
        }
    }

    private void Add(FaultStep step, FaultRecord record)
    {
        lock (_lock)
        {
            _taken.Add(step);
            _records.Add(record);
        }
    }

    private void Replace(FaultRecord before, FaultRecord after)
    {
        lock (_lock) _records[_records.IndexOf(before)] = after;
    }

    private static double SecondsSince(long start, long moment) => Math.Round((moment - start) / (double)Clock.Second, 4);
}
