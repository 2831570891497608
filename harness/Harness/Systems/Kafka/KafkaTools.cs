using System.Globalization;
using Engine.Core.Strategies;
using Harness.Load;
using Harness.Nodes;
using Harness.Plans;
using Harness.Results;

namespace Harness.Systems.Kafka;

/// <summary>Kafka's own load tools, from the distribution that <c>KAFKA_HOME</c> names: a second opinion on what our generator says.</summary>
/// <remarks>
/// <c>kafka-producer-perf-test.sh</c> sends a number of records at an even rate and <c>kafka-consumer-perf-test.sh</c> reads them. They run Kafka's
/// Java client and speak to any broker. The former counts whole milliseconds from <c>send()</c> to the callback: a record that is late because
/// the client was held up does not count from when it was due.
/// </remarks>
/// <param name="variable">A variable of the environment by its name; null for this process's.</param>
public sealed class KafkaTools(Func<string, string?>? variable = null)
{
    /// <summary>Between two lines of progress: how exactly the start of the measured time is known.</summary>
    public const int ReportingIntervalMs = 100;

    private const string Producer = "kafka-producer-perf-test.sh";
    private const string Consumer = "kafka-consumer-perf-test.sh";

    /// <summary>What a Kafka client may have unanswered at one broker when it numbers its batches (KIP-98).</summary>
    private const int IdempotentInFlightMax = 5;

    /// <summary>The consuming tool counts the time until its first record, in which its group is made, as time without records.</summary>
    private static readonly TimeSpan JoinPatience = TimeSpan.FromMinutes(1);

    private readonly Lazy<Task<(KafkaHome? Home, string? Missing)>> _found = new(() => KafkaHome.Find(variable ?? Environment.GetEnvironmentVariable));

    /// <summary>Why they cannot be run on this machine, and what to do about it; null where they can.</summary>
    public string? WhatIsMissing()
    {
        var (home, missing) = _found.Value.GetAwaiter().GetResult();
        if (home is null) return $"{GeneratorName.KafkaTools} are not here: {missing}.";

        return File.Exists(home.ScriptOf(Producer)) && File.Exists(home.ScriptOf(Consumer))
            ? null
            : $"{GeneratorName.KafkaTools} are not here: {KafkaHome.Variable}={home.Folder} has no bin/{Producer} and bin/{Consumer}.";
    }

    /// <summary>What of a load they cannot do, a sentence each without its full stop.</summary>
    internal static IEnumerable<string> Problems(ProduceLoad load)
    {
        var send = load.Send;
        if (send.Arrival != Arrival.OpenConstant)
            yield return "the tool sends a number of records at an even rate: name one with load.recordsPerSecond, and load.arrivals=constant";
        if (Quantity.ParseBytes(send.RecordSize) is null)
            yield return $"load.recordSize={send.RecordSize}: all of the tool's records have one size, such as 100B";
        if (send.Keys != "none") yield return "the tool's records have no keys: load.keys=none";
        if (send.Connections != 1) yield return "the tool is one producer: load.connections=1";
        if (send.TemplateMode) yield return "the tool encodes every record: load.templateMode=false";
        if (send.Linger.Ticks % TimeSpan.TicksPerMillisecond != 0)
            yield return $"load.linger={Quantity.Format(send.Linger)}: Kafka's clients count whole milliseconds";
        if (send.Idempotent && (send.Acks != -1 || send.MaxInFlight > IdempotentInFlightMax))
            yield return $"Kafka's producers are idempotent with acks=all and up to {IdempotentInFlightMax} requests in flight only: load.idempotent=false";
        if (load.History != HistoryUse.None) yield return "the tool records no history: load.history=false";
        if (load.Check.When != ConsumeWhen.After || load.Check.Consumers != 1)
            yield return "what the tool sent is read back once, afterwards: load.check=after and load.consumers=1";
    }

    /// <summary>Records that the producing tool sends before any counts, and after that.</summary>
    internal static (long Warmup, long Measured) RecordsOf(LoadSpec spec)
    {
        var rate = spec.Produce!.RecordsPerSecond;
        return ((long)(rate * spec.Warmup.TotalSeconds), Math.Max(1, (long)(rate * spec.Duration.TotalSeconds)));
    }

    /// <summary>The producing tool at a worker's job.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="cpus">The CPUs it runs on; null for any.</param>
    /// <param name="logFolder">Gets all it prints.</param>
    internal NodeCommand ProducerCommand(LoadSpec spec, string? cpus, string logFolder)
    {
        var send = spec.Produce!;
        var (warmup, measured) = RecordsOf(spec);
        List<string> arguments =
        [
            "--bootstrap-server", string.Join(',', spec.Bootstrap), "--topic", spec.Topic, "--num-records", Text(warmup + measured),
            "--record-size", Text(Quantity.ParseBytes(send.RecordSize)!.Value), "--throughput", Text(send.RecordsPerSecond),
            "--reporting-interval", Text(ReportingIntervalMs),
        ];
        if (warmup > 0) arguments.AddRange("--warmup-records", Text(warmup));
        arguments.AddRange(
            "--command-property",
            $"client.id={spec.ClientId}",
            $"acks={(send.Acks < 0 ? "all" : Text(send.Acks))}",
            $"linger.ms={Text(send.Linger.TotalMilliseconds)}",
            $"batch.size={Text(send.BatchBytes)}",
            $"max.in.flight.requests.per.connection={Text(send.MaxInFlight)}",
            $"enable.idempotence={(send.Idempotent ? "true" : "false")}",
            $"request.timeout.ms={Text(spec.RequestTimeout.TotalMilliseconds)}",
            $"delivery.timeout.ms={Text(spec.DeliveryTimeout.TotalMilliseconds)}",
            $"retry.backoff.ms={Text(spec.RetryBackoff.TotalMilliseconds)}");
        if (spec.Retries is { } retries) arguments.Add($"retries={Text(retries)}");
        return Command(Producer, arguments, cpus, logFolder);
    }

    /// <summary>The consuming tool reading a topic from its start.</summary>
    /// <param name="spec">The job that filled it.</param>
    /// <param name="records">How many to read.</param>
    /// <param name="cpus">The CPUs it runs on; null for any.</param>
    /// <param name="logFolder">Gets all it prints.</param>
    internal NodeCommand ConsumerCommand(LoadSpec spec, long records, string? cpus, string logFolder) => Command(Consumer,
    [
        "--bootstrap-server", string.Join(',', spec.Bootstrap), "--topic", spec.Topic, "--num-records", Text(records),
        "--fetch-size", Text(spec.Consume!.PartitionMaxBytes), "--timeout", Text((JoinPatience + spec.Drain).TotalMilliseconds), "--hide-header",
    ], cpus, logFolder);

    private NodeCommand Command(string script, IReadOnlyList<string> arguments, string? cpus, string logFolder)
    {
        var home = _found.Value.GetAwaiter().GetResult().Home ?? throw new NodeFailedException(WhatIsMissing()!);
        var command = InputWatch.Around([home.ScriptOf(script), .. arguments]);
        return new NodeCommand(script, command[0], command[1..], Path.Combine(logFolder, Path.ChangeExtension(script, ".log")))
        {
            Environment = new Dictionary<string, string>(KafkaTuning.OfTools) { ["LOG_DIR"] = logFolder },
            Launcher = Launcher.Of([], cpus),
        };
    }

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
