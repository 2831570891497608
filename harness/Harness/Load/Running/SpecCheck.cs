using System.Text;
using Engine.Protocol.Records;
using Harness.Load.Content;
using Harness.Load.Producing;
using Harness.Load.Wire;

namespace Harness.Load.Running;

/// <summary>Everything that is wrong with a spec, found before anything is sent.</summary>
internal static class SpecCheck
{
    private const int MaxClientIdBytes = 200; // it must fit before the batch, with the rest of a request's head
    private const int MaxThreads = 1000;

    // A record's own overhead at its largest: lengths, deltas and attributes of a batch of at most 2^30 bytes.
    private const int RecordOverhead = 40;

    public static IReadOnlyList<string> Problems(LoadSpec spec)
    {
        var problems = new List<string>();
        void Need(bool holds, string problem)
        {
            if (!holds) problems.Add(problem);
        }

        Need(spec.Bootstrap.Count > 0, "bootstrap names no broker");
        foreach (var address in spec.Bootstrap) Need(BrokerAddress.Parse(address) is not null, $"bootstrap: '{address}' is not {BrokerAddress.Form}");
        Need(spec.Topic.Length is > 0 and <= 249, "topic: a name has 1 to 249 characters");
        Need(Encoding.UTF8.GetByteCount(spec.ClientId) <= MaxClientIdBytes, $"clientId: at most {MaxClientIdBytes} bytes");
        Need(spec.Duration > TimeSpan.Zero, "duration: more than 0");
        Need(spec.RequestTimeout > TimeSpan.Zero, "requestTimeout: more than 0");
        Need(spec.Retries is null or >= 0, "retries: at least 0");
        Need(spec.DeliveryTimeout > TimeSpan.Zero, "deliveryTimeout: more than 0");
        Need(spec.RetryBackoff > TimeSpan.Zero, "retryBackoff: more than 0");
        // A broker remembers an idempotent producer's last five batches of a partition (KIP-98).
        Need(spec is not { Retries: > 0, Produce: { Idempotent: true, MaxInFlight: > 5 } }, "maxInFlight: at most 5 for an idempotent producer that retries");
        Need(spec is { HistoryFile: null } or { Produce.TemplateMode: false, Consume.Reading: Reading.Verify },
            "historyFile: only where records are sent, each of its own, and read back to be verified");
        Need(spec.Produce is not null || spec.Consume is not null, "neither produce nor consume: nothing to do");
        if (spec.Produce is { } produce) Check(produce, Need);
        if (spec.Consume is { } consume) Check(consume, spec.Produce is not null, Need);
        if (spec.Produce is { Arrival: Arrival.OpenShaped } shaped) Try(() => ArrivalShape.Parse(shaped.ArrivalShape), problems);
        if (spec.Produce is { } sent && problems.Count == 0) Try(() => Values(sent, spec.Seed), problems);
        return problems;
    }

    /// <summary>What shows only when the topic's partitions are known.</summary>
    public static IReadOnlyList<string> Problems(LoadSpec spec, int partitionCount)
    {
        var problems = new List<string>();
        if (spec.Produce is not { } produce) return problems;

        Try(() => KeySpace.Parse(produce.Keys, partitionCount), problems);
        if (produce.Idempotent || produce.Connections == 1) return problems;

        if (produce.Connections > partitionCount)
            problems.Add($"{produce.Connections} connections that are not idempotent need as many partitions, there are {partitionCount}: nothing else tells whose a record is");
        if (produce.Keys != "none")
            problems.Add("keyed records of several connections that are not idempotent meet in one partition: nothing tells whose a record is");
        return problems;
    }

    public static ValueSource Values(ProduceSpec spec, ulong seed) => ValueSource.Parse(
        spec.RecordSize, seed, (int)spec.BatchBytes - BatchHeader.Size - RecordOverhead - (spec.Keys == "none" ? 0 : KeySpace.KeyBytes));

    private static void Check(ProduceSpec spec, Action<bool, string> need)
    {
        need(spec.Arrival == Arrival.Closed || spec.RecordsPerSecond is > 0 and <= 1e9, "recordsPerSecond: more than 0, at most 1e9");
        need(spec.Connections is >= 1 and <= MaxThreads, $"connections: 1 to {MaxThreads}");
        need(spec.MaxInFlight is >= 1 and <= 1000, "maxInFlight: 1 to 1000");
        need(spec.BatchBytes is >= 256 and <= 512 << 20, "batchBytes: 256B to 512MiB");
        need(spec.Linger >= TimeSpan.Zero, "linger: at least 0");
        need(spec.Acks is 0 or 1 or -1, "acks: 0, 1 or -1");
        need(!spec.TemplateMode || spec.Keys == "none", "templateMode: only without keys");
        need(spec.MaxRecords is null or > 0, "maxRecords: more than 0");
        need(spec.MaxBytes is null or > 0, "maxBytes: more than 0");
    }

    private static void Check(ConsumeSpec spec, bool produces, Action<bool, string> need)
    {
        need(spec.Consumers is >= 1 and <= MaxThreads, $"consumers: 1 to {MaxThreads}");
        need(produces != (spec.When == ConsumeWhen.Only), produces ? "when: only excludes produce" : "when: without produce it can only be only");
        need(!spec.Repeat || spec.When == ConsumeWhen.Only, "repeat: only with when = only");
        need(spec.FetchMaxBytes is > 0 and <= 1 << 30, "fetchMaxBytes: 1B to 1GiB");
        need(spec.PartitionMaxBytes is > 0 and <= 1 << 30, "partitionMaxBytes: 1B to 1GiB");
        need(spec.MinBytes is >= 0 and <= 1 << 30, "minBytes: 0B to 1GiB");
        need(spec.MaxWait >= TimeSpan.Zero && spec.MaxWait <= TimeSpan.FromMinutes(1), "maxWait: 0us to 1min");
    }

    private static void Try(Func<object?> parse, List<string> problems)
    {
        try
        {
            parse();
        }
        catch (FormatException problem)
        {
            problems.Add(problem.Message);
        }
    }
}
