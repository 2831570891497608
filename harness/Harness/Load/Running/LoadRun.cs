using Engine.Protocol.Messages;
using Harness.Checking;
using Harness.Load.Consuming;
using Harness.Load.Content;
using Harness.Load.Producing;
using Harness.Load.Sent;
using Harness.Load.Wire;

namespace Harness.Load.Running;

/// <summary>One load from start to report: prepare, produce, read back, judge.</summary>
/// <remarks>The caller's thread watches and prints; producers and readers have threads of their own.</remarks>
internal sealed class LoadRun(LoadSpec spec, Action<LoadLine> print, RunControl control)
{
    private const long LeadPerThread = 5 * Clock.Millisecond;
    private const long Lead = 20 * Clock.Millisecond;
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PatienceWithOne = TimeSpan.FromSeconds(2); // of several brokers, where some may be gone

    private readonly List<Producer> _producers = [];
    private readonly List<Reader> _readers = [];
    private long[] _start = [];
    private SentLedger? _ledger;
    private HistoryRecorder? _recorder;
    private HistoryVerdict? _history;

    /// <exception cref="LoadException">Nothing could be sent or read at all.</exception>
    public LoadReport Execute()
    {
        var timeout = spec.Retries is null || spec.RequestTimeout < PatienceWithOne ? spec.RequestTimeout : PatienceWithOne;
        using var recorder = spec.HistoryFile is { } file ? new HistoryRecorder(file) : null;
        _recorder = recorder;
        using var cluster = new Cluster(spec.Bootstrap, spec.ClientId, timeout);
        try
        {
            var leaders = cluster.Leaders(spec.Topic);
            var partitionCount = leaders.Length;
            // The first handshake takes a runtime by far the longest. It must not come when the time that is planned has begun.
            if (leaders[0].Authority is not null) new Link(leaders[0], timeout).Dispose();
            if (SpecCheck.Problems(spec, partitionCount) is { Count: > 0 } problems) throw new LoadException(string.Join("; ", problems));

            _start = cluster.Offsets(spec.Topic, spec.Produce is null ? ListOffsetsRequest.Earliest : ListOffsetsRequest.Latest);
            return spec.Produce is { } produce ? Produce(produce, cluster, partitionCount) : ReadOnly(cluster);
        }
        finally
        {
            foreach (var producer in _producers) producer.Dispose();
            foreach (var reader in _readers) reader.Dispose();
        }
    }

    private LoadReport Produce(ProduceSpec produce, Cluster cluster, int partitionCount)
    {
        var content = new RecordContent(SpecCheck.Values(produce, spec.Seed), KeySpace.Parse(produce.Keys, partitionCount), spec.Seed, partitionCount);
        var readsAlong = spec.Consume?.When == ConsumeWhen.During;
        _ledger = new(content, produce.Connections, produce.Idempotent, produce.TemplateMode, withJournal: readsAlong && spec.Consume!.Reading == Reading.Verify);
        for (var number = 0; number < produce.Connections; number++) _producers.Add(new(spec, number, cluster, _ledger, control, _recorder?.Open()));
        foreach (var producer in _producers) producer.Prepare();

        var plan = ArrivalPlan.Of(spec);
        var schedule = Schedule.From(spec, StartTime(readsAlong ? spec.Consume!.Consumers : 0));
        var timeline = new Timeline(schedule, produce.Arrival == Arrival.Closed ? 0 : produce.RecordsPerSecond, plan);
        foreach (var producer in _producers) producer.Begin(Filler(produce, content, producer.Number, schedule), new(schedule, timeline), schedule);
        if (readsAlong) CreateReaders(cluster, schedule, timeline, partitionCount);

        CollectGarbage();
        var supervisor = new Supervisor(schedule, timeline, print);
        var readers = Start("reader", _readers.Select(reader => (Action)reader.Run));
        WatchMeasure(supervisor, Start("producer", _producers.Select(producer => (Action)producer.Run)));
        if (supervisor.Phase != "drain") supervisor.Enter("drain", Clock.Now); // all was answered at once, or the load ended before its time
        var measureEnd = Math.Min(schedule.MeasureEnd, _producers.Max(producer => producer.EndedAt));
        if (spec.Consume is not null && !control.Stopping) ReadToTheEnd(cluster, supervisor, timeline, readers);
        if (_recorder is not null && !control.Stopping) PassOver(cluster, supervisor, timeline, _recorder);
        supervisor.Enter(null, Clock.Now);
        foreach (var reader in readers) reader.Join(); // at once when the run was stopped
        if (_recorder is not null) CheckHistory(_recorder);

        var measured = new Schedule(schedule.Start, schedule.MeasureStart, measureEnd, schedule.DrainEnd);
        var report = Report(supervisor, timeline, measured);
        return plan is null || report.Produce is null ? report
            : report with { Produce = report.Produce with { OfferedRecordsPerSecond = plan.Measured / spec.Duration.TotalSeconds } };
    }

    private LoadReport ReadOnly(Cluster cluster)
    {
        var consume = spec.Consume!;
        var start = StartTime(consume.Consumers);
        // One pass takes what time it takes; repeated passes go by the clock.
        var schedule = consume.Repeat ? Schedule.From(spec, start) : new Schedule(start, start, long.MaxValue / 2, long.MaxValue / 2);
        var timeline = new Timeline(schedule, 0);
        CreateReaders(cluster, schedule, timeline, _start.Length);
        var end = cluster.Offsets(spec.Topic, ListOffsetsRequest.Latest);
        foreach (var reader in _readers) reader.StopAt(end);

        CollectGarbage();
        var supervisor = new Supervisor(schedule, timeline, print);
        WatchMeasure(supervisor, Start("reader", _readers.Select(reader => (Action)reader.Run)));
        supervisor.Enter(null, Clock.Now);
        return Report(supervisor, timeline, schedule);
    }

    private void WatchMeasure(Supervisor supervisor, List<Thread> threads)
    {
        supervisor.Watch(threads, afterMeasure: "drain");
        if (supervisor.MissedMeasure && !control.Stopping)
            control.Fail("this machine had no time for the thread that watches the load in all of the measured time: too much else runs on it");
    }

    private void ReadToTheEnd(Cluster cluster, Supervisor supervisor, Timeline timeline, List<Thread> running)
    {
        try
        {
            var end = EndOffsets(cluster);
            if (running.Count == 0)
            {
                var now = Clock.Now;
                supervisor.Enter("read", now);
                CreateReaders(cluster, new Schedule(now, now, long.MaxValue / 2, long.MaxValue / 2), timeline, _start.Length);
                running = Start("reader", _readers.Select(reader => (Action)reader.Run));
            }


            foreach (var reader in _readers) reader.StopAt(end);
            supervisor.Watch(running, afterMeasure: null);
        }
        catch (LoadException problem)
        {
            control.Fail("reading back: " + problem.Message);
        }
    }

    private void CreateReaders(Cluster cluster, Schedule measured, Timeline timeline, int partitionCount)
    {
        var consume = spec.Consume!;
        for (var number = 0; number < consume.Consumers; number++)
        {
            int[] partitions = [.. Enumerable.Range(0, partitionCount).Where(partition => !consume.Split || partition % consume.Consumers == number)];
            IBatchCheck? check = consume.Reading != Reading.Verify ? null : _ledger is null ? new StructureCheck() : new Verifier(_ledger, partitions, measured, number, _recorder?.Open());
            var reader = new Reader(spec, number, partitions, _start, cluster, check, new ReaderTally(measured, timeline), control);
            reader.Prepare();
            _readers.Add(reader);
        }

        foreach (var stream in _ledger?.Streams ?? []) stream.Journal?.ForgetStart();
    }

    // A history's end: a fresh reader passes over everything, so that what it does not find is gone.
    private void PassOver(Cluster cluster, Supervisor supervisor, Timeline timeline, HistoryRecorder recorder)
    {
        try
        {
            var (number, log) = (_readers.Count, recorder.Open());
            int[] partitions = [.. Enumerable.Range(0, _start.Length)];
            var now = Clock.Now;
            var ever = new Schedule(now, now, long.MaxValue / 2, long.MaxValue / 2);
            using var reader = new Reader(
                spec, number, partitions, _start, cluster, new Verifier(_ledger!, partitions, ever, number, log), new ReaderTally(ever, timeline), control);
            reader.Prepare();
            reader.StopAt(EndOffsets(cluster));
            if (supervisor.Phase != "read") supervisor.Enter("read", now);
            supervisor.Watch(Start("last reader", [reader.Run]), afterMeasure: null);
            var end = LatestOffsets(cluster);
            foreach (var partition in partitions) log.Add(new PassEntry(number, partition, _start[partition], reader.PositionIn(partition), end[partition]));
        }
        catch (LoadException problem)
        {
            control.Fail("the last reading for the history: " + problem.Message);
        }
    }

    private void CheckHistory(HistoryRecorder recorder)
    {
        try
        {
            recorder.Finish();
            if (control.Stopping) return;

            var checker = new HistoryChecker();
            HistoryFile.Read(spec.HistoryFile!, checker);
            _history = checker.Conclude();
        }
        catch (IOException problem)
        {
            control.Fail("the history could not be recorded: " + problem.Message);
        }
    }

    // Where the log ends for this load. Behind acks=1 the high watermark may still have to reach what is acknowledged;
    // behind acks=0 nobody knows what is still on its way, so that the end must have stood still for a while.
    private long[] EndOffsets(Cluster cluster)
    {
        var end = LatestOffsets(cluster);
        if (spec.Produce!.Acks == 0)
        {
            for (long[] before = []; !before.SequenceEqual(end); end = cluster.Offsets(spec.Topic, ListOffsetsRequest.Latest))
            {
                before = end;
                if (end.Sum() - _start.Sum() >= _ledger!.Streams.Sum(stream => stream.Sent)) break;
                Thread.Sleep(SettlingTime);
            }
        }

        foreach (var stream in _ledger!.Streams) end[stream.Partition] = Math.Max(end[stream.Partition], stream.AckedEndOffset);
        return end;
    }

    // An election may still be under way.
    private long[] LatestOffsets(Cluster cluster)
    {
        for (var since = Clock.Now; ; Thread.Sleep(spec.RetryBackoff))
        {
            try
            {
                return cluster.Offsets(spec.Topic, ListOffsetsRequest.Latest);
            }
            catch (LoadException) when (spec.Retries is not null && Clock.Now - since < Clock.Nanoseconds(spec.Drain) && !control.Stopping)
            {
            }
        }
    }

    private BatchFiller Filler(ProduceSpec produce, RecordContent content, int number, Schedule schedule)
    {
        int[] partitions = [.. Enumerable.Range(0, content.PartitionCount).Where(partition => produce.Idempotent || _ledger!.OwnerOf(partition) == number)];
        var limits = new LoadLimits(Share(produce.MaxRecords, number), Share(produce.MaxBytes, number));
        return new(produce, content, _ledger!.OfProducer(number), partitions, Arrivals.Create(produce, number, schedule.Start, spec.Seed), schedule, limits);

        long Share(long? limit, int producer) => limit is { } all
            ? all / produce.Connections + (producer < all % produce.Connections ? 1 : 0)
            : long.MaxValue;
    }

    private long StartTime(int readers) => Clock.Now + Lead + LeadPerThread * (_producers.Count + readers);

    private LoadReport Report(Supervisor supervisor, Timeline timeline, Schedule measured)
    {
        var seconds = timeline.All();
        var duration = Math.Max(1, measured.MeasureEnd - measured.MeasureStart) / (double)Clock.Second;
        var produced = spec.Produce is { } produce
            ? ReportComposer.Produce(produce, _producers, duration, seconds.Where(second => measured.MeasuresSecond(second.Second)))
            : null;
        var problems = new List<string>(control.Problems);
        var verification = control.Stopping ? null : ReportComposer.Verify(_readers, produced is not null, produced?.Totals.Acked ?? 0);
        if (verification is null) problems.AddRange(_readers.SelectMany(reader => reader.Unserved));
        if (_history is not null) problems.AddRange(_history.Reasons());
        if (produced?.Totals.Unanswered > 0) problems.Add($"{produced.Totals.Unanswered} records were sent and never answered");
        return new()
        {
            Spec = spec,
            Problems = problems,
            Notes = [.. ReportComposer.Notes(spec, produced)],
            Phases = supervisor.Phases,
            Timeline = seconds,
            Produce = produced,
            Consume = _readers.Count > 0 ? ReportComposer.Consume(_readers) : null,
            Verification = verification,
            History = _history,
            Worker = supervisor.Usage,
        };
    }

    private static List<Thread> Start(string name, IEnumerable<Action> bodies)
    {
        var threads = bodies.Select((body, number) => new Thread(() => body()) { IsBackground = true, Name = $"{name} {number}" }).ToList();
        foreach (var thread in threads) thread.Start();
        return threads;
    }

    // What preparing left behind must not be collected in the measured time.
    private static void CollectGarbage() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
}
