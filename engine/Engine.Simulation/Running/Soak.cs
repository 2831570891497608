using System.Diagnostics;
using System.Globalization;

namespace Engine.Simulation.Running;

/// <summary>Runs many schedules on all cores until one breaks a law. Each schedule is a thread's own; nothing is shared between them.</summary>
internal sealed class Soak(SoakOptions options, TextWriter output)
{
    public const int Held = 0;
    public const int Broken = 1;
    public const int Usage = 2;

    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(5);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private long _taken;
    private long _done;
    private long _events;
    private long _committed;
    private long _lostLeaderAcks;
    private long _lostQuorumAcks;
    private Outcome? _broken;

    /// <returns><see cref="Held"/>, <see cref="Broken"/>, or <see cref="Usage"/> where the command line made no sense.</returns>
    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter error, TextReader input)
    {
        try
        {
            var options = SoakOptions.Parse(args);
            if (options.StopsWithInput) StopWith(input);
            return new Soak(options, output).Run();
        }
        catch (FormatException problem)
        {
            error.WriteLine(problem.Message);
            return Usage;
        }
    }

    public int Run()
    {
        var threads = Enumerable.Range(0, options.Threads).Select(_ => new Thread(Work) { IsBackground = true }).ToList();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads)
            while (!thread.Join(ReportInterval)) Report();

        Report();
        if (_broken is not { } broken) return Held;
        Tell(broken);
        return Broken;
    }

    private void Work()
    {
        while (Volatile.Read(ref _broken) is null)
        {
            var index = (ulong)Interlocked.Increment(ref _taken) - 1;
            if (index >= options.Seeds) return;

            var seed = options.From + index;
            var outcome = new Schedule(seed, options.ScenarioOf(seed), log: options.Traces ? output.WriteLine : null, spared: options.Spared).Run();
            Interlocked.Increment(ref _done);
            Interlocked.Add(ref _events, outcome.Step);
            Interlocked.Add(ref _committed, outcome.CommittedBatches);
            Interlocked.Add(ref _lostLeaderAcks, outcome.LostLeaderAcks);
            Interlocked.Add(ref _lostQuorumAcks, outcome.LostQuorumAcks);
            if (!outcome.HoldsAllLaws) Interlocked.CompareExchange(ref _broken, outcome, null);
        }
    }

    private void Report()
    {
        var done = Interlocked.Read(ref _done);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{done:N0} of {options.Seeds:N0} schedules from seed {options.From}, {done / _watch.Elapsed.TotalSeconds:N0} a second; " +
            $"{Interlocked.Read(ref _events):N0} events, {Interlocked.Read(ref _committed):N0} batches committed, " +
            $"{Interlocked.Read(ref _lostLeaderAcks):N0} lost that a leader alone had acknowledged, " +
            $"{Interlocked.Read(ref _lostQuorumAcks):N0} that a majority had"));
        output.Flush();
    }

    private void Tell(Outcome broken)
    {
        output.WriteLine($"broken: {broken.Law}, scenario {broken.Scenario}, seed {broken.Seed}, step {broken.Step}");
        output.WriteLine($"  {broken.Why}");
        output.WriteLine("the last events:");
        foreach (var happened in broken.LastEvents) output.WriteLine($"  {happened}");
        output.WriteLine($"again: testbed simulate --scenario {broken.Scenario} --from {broken.Seed} --seeds 1 --trace{Spare(broken)}");
        if (!options.Spared.IsEmpty) return;

        var shrunk = Shrinking.Shrink(broken, Scenario.Find(broken.Scenario)!);
        if (shrunk.Spared.IsEmpty) return;
        output.WriteLine(
            $"also with {shrunk.FaultsBrought} of {broken.FaultsTotal} faults: " +
            $"testbed simulate --scenario {shrunk.Scenario} --from {shrunk.Seed} --seeds 1 --trace{Spare(shrunk)}");
    }

    private static string Spare(Outcome outcome) => outcome.Spared.IsEmpty ? "" : $" --spare {string.Join(',', outcome.Spared)}";

    // Whoever started this holds the other end: when they are gone, so is the wish to know.
    private static void StopWith(TextReader input) =>
        new Thread(() =>
        {
            while (input.Read() >= 0) { }
            Environment.Exit(Broken);
        })
        { IsBackground = true }.Start();
}
