using System.Text.Json.Serialization;

namespace Harness.Load;

/// <summary>The job of one load worker: what it sends to one topic and what it reads back.</summary>
/// <remarks>Travels as one line of JSON (<see cref="LoadJson"/>). The report echoes it, so a result always carries its load.</remarks>
public sealed record LoadSpec
{
    /// <summary>Brokers to ask for the rest of the cluster, as <c>host:port</c>, or <c>ssl://host:port?ca=FILE</c> over TLS.</summary>
    public required IReadOnlyList<string> Bootstrap { get; init; }

    /// <summary>The topic, which must exist; all its partitions take part.</summary>
    public required string Topic { get; init; }

    /// <summary>What is sent; null for a job that only reads.</summary>
    public ProduceSpec? Produce { get; init; }

    /// <summary>What is read back; null for a job that only sends, and so proves nothing about loss.</summary>
    public ConsumeSpec? Consume { get; init; }

    /// <summary>Time under the same load before anything counts.</summary>
    public TimeSpan Warmup { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The measured time.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long after the measured time answers, a backlog of late sends, and readers that trail may still take.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one request may stay unanswered before its connection counts as lost.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a batch is sent again whose request failed; null: whatever fails is a finding, and a lost connection ends the run.</summary>
    /// <remarks>
    /// With a number, 0 included, clients reconnect and follow the leaders, as Kafka's do. An idempotent producer sends the same
    /// producer id, epoch and sequence again, so that the broker stores it once; another one may then store it twice.
    /// </remarks>
    public int? Retries { get; init; }

    /// <summary>From a batch's first send until it is given up, once its last attempt has ended. A batch not sent yet waits on.</summary>
    public TimeSpan DeliveryTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Before a batch is sent again, and from one question who leads now, or one attempt to connect, to the next.</summary>
    public TimeSpan RetryBackoff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Where every send and read is recorded, to be checked when the load is over; null: it is not.</summary>
    public string? HistoryFile { get; init; }

    /// <summary>Decides every random choice: record bytes, sizes, keys, arrival times.</summary>
    public ulong Seed { get; init; } = 1;

    public string ClientId { get; init; } = "testbed-load";
}

/// <summary>How records arrive, what they are and how they are sent.</summary>
public sealed record ProduceSpec
{
    /// <summary>Whether time (open) or the answers (closed) decide when a record is sent.</summary>
    public Arrival Arrival { get; init; } = Arrival.OpenConstant;

    /// <summary>Of <see cref="Arrival.OpenShaped"/>: <c>bursts(on=200ms, off=800ms)</c> or <c>waves(peak=1.4, period=20s)</c>.</summary>
    public string ArrivalShape { get; init; } = "";

    /// <summary>Offered records per second, all connections together; of no meaning when closed.</summary>
    public double RecordsPerSecond { get; init; } = 10_000;

    /// <summary>Independent producers, each a thread with one socket to every leader it writes to.</summary>
    public int Connections { get; init; } = 1;

    /// <summary>Unanswered requests a producer may have at one leader.</summary>
    public int MaxInFlight { get; init; } = 5;

    /// <summary>The largest batch, its header included.</summary>
    [JsonConverter(typeof(ByteCountConverter))]
    public long BatchBytes { get; init; } = 128 << 10;

    /// <summary>How long a batch may wait to fill, from its first record's intended time.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Value sizes: <c>100B</c>, <c>uniform(64B, 1KiB)</c>, <c>lognormal(median=200B, sigma=1)</c>,
    /// <c>pareto(min=100B, alpha=1.2, max=64KiB)</c> or <c>lines(FILE)</c>.</summary>
    public string RecordSize { get; init; } = "100B";

    /// <summary>Keys: <c>none</c>, <c>uniform(n)</c> or <c>zipf(n, theta)</c>. Keyed records go where Kafka's own client would put them.</summary>
    public string Keys { get; init; } = "none";

    /// <summary>0, 1 or -1 (all). With 0 nothing is ever acknowledged: sent counts as acknowledged and the report says so.</summary>
    public short Acks { get; init; } = -1;

    /// <summary>Whether producers number their batches, so that the broker refuses gaps and repeats.</summary>
    public bool Idempotent { get; init; } = true;

    /// <summary>Resends a batch encoded once instead of encoding every record: a label for upper bounds, not for comparisons.</summary>
    public bool TemplateMode { get; init; }

    /// <summary>Stops after this many records, warm-up included; null for no limit.</summary>
    public long? MaxRecords { get; init; }

    /// <summary>Stops after this many bytes of keys and values, warm-up included; null for no limit.</summary>
    [JsonConverter(typeof(ByteCountConverter))]
    public long? MaxBytes { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<Arrival>))]
public enum Arrival
{
    /// <summary>Records are due at equal distances, whatever the answers do.</summary>
    [JsonStringEnumMemberName("open-constant")]
    OpenConstant,

    /// <summary>Records are due after exponentially distributed gaps, whatever the answers do.</summary>
    [JsonStringEnumMemberName("open-poisson")]
    OpenPoisson,

    /// <summary>Records are due at a rate that comes and goes as <see cref="ProduceSpec.ArrivalShape"/> says, whatever the answers do.</summary>
    [JsonStringEnumMemberName("open-shaped")]
    OpenShaped,

    /// <summary>Every producer keeps <see cref="ProduceSpec.MaxInFlight"/> full batches on their way.</summary>
    [JsonStringEnumMemberName("closed")]
    Closed,
}

/// <summary>Who reads the topic, when, and what is done with the bytes.</summary>
public sealed record ConsumeSpec
{
    public ConsumeWhen When { get; init; } = ConsumeWhen.After;

    /// <summary>Independent readers, each a thread.</summary>
    public int Consumers { get; init; } = 1;

    /// <summary>Whether the readers share the partitions out; if not, every reader reads all of them.</summary>
    public bool Split { get; init; }

    public Reading Reading { get; init; } = Reading.Verify;

    /// <summary>Only for <see cref="ConsumeWhen.Only"/>: start over at the first offset until warm-up and measured time are over.</summary>
    public bool Repeat { get; init; }

    /// <summary>The most a fetch may bring.</summary>
    [JsonConverter(typeof(ByteCountConverter))]
    public long FetchMaxBytes { get; init; } = 50 << 20;

    /// <summary>The most a fetch may bring of one partition.</summary>
    [JsonConverter(typeof(ByteCountConverter))]
    public long PartitionMaxBytes { get; init; } = 1 << 20;

    /// <summary>What must be there before a fetch is answered ahead of <see cref="MaxWait"/>.</summary>
    [JsonConverter(typeof(ByteCountConverter))]
    public long MinBytes { get; init; } = 1;

    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMilliseconds(500);
}

[JsonConverter(typeof(JsonStringEnumConverter<ConsumeWhen>))]
public enum ConsumeWhen
{
    /// <summary>While the producers send, and on to the end: gives end-to-end latency.</summary>
    [JsonStringEnumMemberName("during")]
    During,

    /// <summary>When producing is over.</summary>
    [JsonStringEnumMemberName("after")]
    After,

    /// <summary>What is in the topic already; nothing is produced.</summary>
    [JsonStringEnumMemberName("only")]
    Only,
}

[JsonConverter(typeof(JsonStringEnumConverter<Reading>))]
public enum Reading
{
    /// <summary>Every record is compared with what was sent. Without a producing side: batches, offsets and CRCs only.</summary>
    [JsonStringEnumMemberName("verify")]
    Verify,

    /// <summary>Batch headers are read and counted, records are not looked at.</summary>
    [JsonStringEnumMemberName("count")]
    Count,

    /// <summary>As <see cref="Count"/>, and the kernel drops the records' bytes instead of copying them to the reader.</summary>
    [JsonStringEnumMemberName("discard")]
    Discard,
}
