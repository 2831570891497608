using Engine.Core.Strategies;
using Harness.Load.Consuming;
using Harness.Load.Producing;

namespace Harness.Load.Running;

/// <summary>Turns what threads counted into the parts of a report. Only after they have ended.</summary>
internal static class ReportComposer
{
    private static readonly TimeSpan TolerableLateness = TimeSpan.FromMilliseconds(1);
    private const double TolerableShare = 0.2; // of the latency that is reported
    private const double BusyThread = 0.9; // share of a core

    /// <param name="spec">What was asked for.</param>
    /// <param name="producers">Who did it.</param>
    /// <param name="seconds">How long the measured time really was: shorter than planned when the load had an end of its own.</param>
    /// <param name="wholeSeconds">The measured seconds that it lasted through.</param>
    public static ProduceReport Produce(
        ProduceSpec spec, IReadOnlyList<Producer> producers, double seconds, IEnumerable<LoadSecond> wholeSeconds)
    {
        Histogram latency = new(), service = new(), lateness = new(), own = new();
        ProducerCounts measured = new(), whole = new();
        foreach (var tally in producers.Select(producer => producer.Tally))
        {
            latency.Merge(tally.Latency);
            service.Merge(tally.ServiceTime);
            lateness.Merge(tally.SendLateness);
            own.Merge(tally.GeneratorLateness);
            measured.Add(tally.Measured);
            whole.Add(tally.Whole);
        }

        var perSecond = wholeSeconds.Select(second => (double)second.AckedRecords).DefaultIfEmpty(0).ToList();
        return new()
        {
            OfferedRecordsPerSecond = spec.Arrival == Arrival.Closed ? null : spec.RecordsPerSecond,
            AckedRecordsPerSecond = measured.AckedRecords / seconds,
            AckedBytesPerSecond = measured.AckedBytes / seconds,
            SentRecords = measured.SentRecords,
            AckedRecords = measured.AckedRecords,
            AckedBytes = measured.AckedBytes,
            WireBytes = measured.WireBytes,
            Requests = measured.Requests,
            Batches = measured.Batches,
            BestSecond = perSecond.Max(),
            WorstSecond = perSecond.Min(),
            Totals = new(
                whole.SentRecords, whole.AckedRecords, producers.Sum(producer => producer.Tally.FailedRecords),
                producers.Sum(producer => producer.Unanswered), producers.Sum(producer => producer.NeverSent),
                producers.Sum(producer => producer.Tally.IndeterminateRecords), producers.Sum(producer => producer.Tally.ResentRecords)),
            Errors = producers.SelectMany(producer => producer.Tally.Errors)
                .GroupBy(error => error.Key).ToDictionary(error => error.Key, error => error.Sum(count => count.Value)),
            Latency = latency,
            ServiceTime = service,
            SendLateness = lateness,
            GeneratorLateness = own,
            Acks = AckPulseTally.Merge([.. producers.Select(producer => producer.Tally.Pulse)]),
            SaturationSigns = Signs(producers, own, latency, seconds),
        };
    }

    public static ConsumeReport Consume(IReadOnlyList<Reader> readers)
    {
        var fetchTime = new Histogram();
        foreach (var reader in readers) fetchTime.Merge(reader.Tally.FetchTime);

        long records = readers.Sum(reader => reader.Tally.Records), bytes = readers.Sum(reader => reader.Tally.Bytes);
        var seconds = readers.Max(reader => reader.Tally.Seconds);
        var perSecond = seconds > 0 ? 1 / seconds : 0;
        return new()
        {
            Consumers =
            [
                .. readers.Select(reader => new ConsumerReport(
                    reader.Number, reader.Tally.Records, reader.Tally.Bytes, reader.Tally.Fetches, reader.Tally.Seconds, reader.Passes)),
            ],
            Records = records,
            Bytes = bytes,
            Seconds = seconds,
            BytesPerSecond = bytes * perSecond,
            RecordsPerSecond = records * perSecond,
            EndToEnd = EndToEnd(readers),
            FetchTime = fetchTime,
            Pulse = AckPulseTally.Merge([.. readers.Select(reader => reader.Tally.Pulse)]),
        };
    }

    public static Verification? Verify(IReadOnlyList<Reader> readers, bool produced, long acked)
    {
        var checks = readers.Select(reader => reader.Check).OfType<IBatchCheck>().ToList();
        if (checks.Count == 0) return null;

        var findings = new Findings();
        foreach (var check in checks) findings.Add(check.Conclude());
        foreach (var reader in readers) findings.AddUncommitted(reader.Vanished, $"reader {reader.Number} found them gone when it came back");
        return findings.Conclude(produced ? "content" : "structure", acked, [.. readers.SelectMany(reader => reader.Unserved)]);
    }

    public static IEnumerable<string> Notes(LoadSpec spec, ProduceReport? produced)
    {
        if (spec.Produce is not { } produce || produced is null) yield break;

        if (produce.TemplateMode) yield return "template mode: batches are encoded once and sent again and again";
        if (produce.Acks == 0) yield return "acks=0: nothing is acknowledged, a record counts once it is handed to the kernel";
        if (produced.Totals.Failed > 0) 
            yield return $"{produced.Totals.Failed} records were refused or given up: {string.Join(", ", produced.Errors.Keys)}";
        if (produced.Totals.Resent > 0) yield return $"{produced.Totals.Resent} records were sent again";
        if (produced.Totals.NeverSent > 0)
            yield return $"{produced.Totals.NeverSent} records were due and not sent when the drain time was over: the offered rate was not taken";
        foreach (var sign in produced.SaturationSigns) yield return "the generator may have been the limit: " + sign;
    }

    private static Histogram? EndToEnd(IReadOnlyList<Reader> readers)
    {
        var all = new Histogram();
        foreach (var verifier in readers.Select(reader => reader.Check).OfType<Verifier>()) all.Merge(verifier.EndToEnd);
        return all.Count > 0 ? all : null;
    }

    private static List<string> Signs(IReadOnlyList<Producer> producers, Histogram own, Histogram latency, double seconds)
    {
        var signs = new List<string>();
        if (own.Percentile(99) is var late && late > TolerableLateness && late > TolerableShare * latency.Percentile(99))
            signs.Add($"1 % of the batches left {Quantity.Format(late)} or more after they could have");
        foreach (var producer in producers)
            if (producer.MeasuredCpu / seconds / Clock.Second is > BusyThread and var share) signs.Add($"producer {producer.Number} kept {share:P0} of a core busy");
        return signs;
    }
}
