using Harness.Checking;

namespace Harness.Load;

/// <summary>What one load worker did and saw.</summary>
public sealed record LoadReport
{
    public required LoadSpec Spec { get; init; }

    /// <summary>Whether the run may not be used: something was lost, refused or cut off. <see cref="Problems"/> says what.</summary>
    public bool Failed => Problems.Count > 0 || Verification is { Sound: false };

    /// <summary>Everything that makes the run unusable, in words.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>What a reader of the result must know although the run is usable: labels, signs of a saturated generator.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The phases as they really began and ended, in order: <c>warmup</c>, <c>measure</c>, <c>drain</c>, <c>read</c>.</summary>
    public IReadOnlyList<LoadPhase> Phases { get; init; } = [];

    /// <summary>One entry a second from the start of warm-up on.</summary>
    public IReadOnlyList<LoadSecond> Timeline { get; init; } = [];

    public ProduceReport? Produce { get; init; }

    public ConsumeReport? Consume { get; init; }

    public Verification? Verification { get; init; }

    /// <summary>What the recorded history shows; null when none was recorded to its end.</summary>
    public HistoryVerdict? History { get; init; }

    public required WorkerUsage Worker { get; init; }
}

/// <summary>A span of time. <see cref="StartNanoseconds"/> is CLOCK_MONOTONIC, which all processes of a machine share.</summary>
public sealed record LoadPhase(string Name, DateTimeOffset StartUtc, long StartNanoseconds, long EndNanoseconds)
{
    [System.Text.Json.Serialization.JsonIgnore]
    public TimeSpan Duration => new((EndNanoseconds - StartNanoseconds) / TimeSpan.NanosecondsPerTick);
}

/// <summary>One second of a run. Latencies are those of the records acknowledged in it, from their intended send time.</summary>
public sealed record LoadSecond
{
    /// <summary>Whole seconds since the start of warm-up.</summary>
    public required int Second { get; init; }

    public required bool Measured { get; init; }

    public long OfferedRecords { get; init; }

    public long SentRecords { get; init; }

    public long AckedRecords { get; init; }

    /// <summary>Keys and values of the acknowledged records.</summary>
    public long AckedBytes { get; init; }

    public long FailedRecords { get; init; }

    /// <summary>Null when nothing was acknowledged.</summary>
    public TimeSpan? P50 { get; init; }

    public TimeSpan? P99 { get; init; }

    public TimeSpan? Max { get; init; }

    /// <summary>The most that a send was late although the generator could have sent: its own fault, not the broker's.</summary>
    public TimeSpan GeneratorLateness { get; init; }

    public long ReadRecords { get; init; }

    /// <summary>Bytes of record batches received.</summary>
    public long ReadBytes { get; init; }
}

/// <summary>
/// The producing side. Counts and rates are of what happened within the measured time; latencies are of the records whose
/// intended send time lies within it, whenever they were acknowledged.
/// </summary>
public sealed record ProduceReport
{
    /// <summary>Records per second the plan asked for; null when closed.</summary>
    public double? OfferedRecordsPerSecond { get; init; }

    /// <summary>Acknowledged records per second: goodput, errors never count.</summary>
    public required double AckedRecordsPerSecond { get; init; }

    /// <summary>Keys and values of acknowledged records per second.</summary>
    public required double AckedBytesPerSecond { get; init; }

    public required long SentRecords { get; init; }

    public required long AckedRecords { get; init; }

    public required long AckedBytes { get; init; }

    /// <summary>Bytes given to the sockets.</summary>
    public required long WireBytes { get; init; }

    public required long Requests { get; init; }

    public required long Batches { get; init; }

    /// <summary>Records per second in the busiest and the slowest whole second of the measured time.</summary>
    public double BestSecond { get; init; }

    public double WorstSecond { get; init; }

    /// <summary>The whole run's counts, warm-up and drain included.</summary>
    public required ProduceTotals Totals { get; init; }

    /// <summary>Failed records of the whole run by what their last attempt ended with.</summary>
    public IReadOnlyDictionary<string, long> Errors { get; init; } = new Dictionary<string, long>();

    /// <summary>From each record's intended send time to its acknowledgement: what a user waits, batching included.</summary>
    public required Histogram Latency { get; init; }

    /// <summary>From the request's send to its answer, once a record: what a load that waits for the broker would call latency.</summary>
    public required Histogram ServiceTime { get; init; }

    /// <summary>From the moment a batch should have been sent to its send, once a batch.</summary>
    public required Histogram SendLateness { get; init; }

    /// <summary>The part of the above in which the broker's answers were not what was waited for, once a batch.</summary>
    public required Histogram GeneratorLateness { get; init; }

    /// <summary>Acknowledgements in intervals of 10 ms, wider in very long runs; null when there was no producer.</summary>
    public AckPulse? Acks { get; init; }

    /// <summary>What speaks for the generator having been the limit; empty when nothing does.</summary>
    public IReadOnlyList<string> SaturationSigns { get; init; } = [];
}

/// <summary>Records of a whole run by what became of them.</summary>
/// <param name="Sent">Given to a socket.</param>
/// <param name="Acked">Acknowledged; with acks=0, sent.</param>
/// <param name="Failed">Answered with an error, or given up.</param>
/// <param name="Unanswered">Sent, no answer when the run ended.</param>
/// <param name="NeverSent">Due within the run, but the backlog was too long to send them.</param>
/// <param name="Indeterminate">Of the failed, those that may be stored nevertheless.</param>
/// <param name="Resent">Sent once more after a failed attempt, counted each time.</param>
public sealed record ProduceTotals(long Sent, long Acked, long Failed, long Unanswered, long NeverSent, long Indeterminate = 0, long Resent = 0);

/// <summary>The reading side, within the measured time (<c>during</c>, <c>only</c>) or the reading phase (<c>after</c>).</summary>
public sealed record ConsumeReport
{
    public required IReadOnlyList<ConsumerReport> Consumers { get; init; }

    public required long Records { get; init; }

    /// <summary>Bytes of record batches received.</summary>
    public required long Bytes { get; init; }

    public required double Seconds { get; init; }

    /// <summary>All readers together.</summary>
    public required double BytesPerSecond { get; init; }

    public required double RecordsPerSecond { get; init; }

    /// <summary>From a record's intended send time to the moment a reader holds it; null unless readers ran during.</summary>
    /// <remarks>Within a batch the times of the first and the last record are exact, those between are interpolated.</remarks>
    public Histogram? EndToEnd { get; init; }

    /// <summary>Records read, warm-up and all, by short intervals.</summary>
    public AckPulse? Pulse { get; init; }

    /// <summary>From a fetch's send to its whole answer, once a fetch.</summary>
    public required Histogram FetchTime { get; init; }
}

public sealed record ConsumerReport(int Consumer, long Records, long Bytes, long Fetches, double Seconds, int Passes)
{
    public double BytesPerSecond => Seconds > 0 ? Bytes / Seconds : 0;
}

/// <summary>What became of the acknowledged records, as readers saw it. Counts are records, over the whole run.</summary>
public sealed record Verification
{
    /// <summary>Every acknowledged record was read exactly once by every reader, in its producer's order, byte for byte.</summary>
    public required bool Sound { get; init; }

    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>What readers were to get and could not, a sentence each; part of <see cref="Reasons"/>.</summary>
    public IReadOnlyList<string> Unserved { get; init; } = [];

    /// <summary>The reasons that the loss of acknowledged records leads to, for whoever counts it: readers saw them before they went, cannot
    /// get them any more, and are given others in their place.</summary>
    internal IEnumerable<string> ReasonsOfLoss => Consuming.Findings.OfLoss(this).Concat(Unserved);

    /// <summary>What the records were compared with: <c>content</c>, or <c>structure</c> when nothing is known of their origin.</summary>
    public required string Against { get; init; }

    public long Acked { get; init; }

    public long Read { get; init; }

    /// <summary>Acknowledged and never read.</summary>
    public long Lost { get; init; }

    /// <summary>Read more than once by one reader.</summary>
    public long Duplicated { get; init; }

    /// <summary>Read after a later record of the same producer and partition.</summary>
    public long Reordered { get; init; }

    /// <summary>Other bytes than were sent, or in a batch whose CRC does not match.</summary>
    public long Corrupted { get; init; }

    /// <summary>Read, but never sent by this worker.</summary>
    public long Unexpected { get; init; }

    /// <summary>Read at or above the high watermark that came with it, or gone when its reader came back.</summary>
    public long Uncommitted { get; init; }

    /// <summary>Read although never acknowledged: allowed, once.</summary>
    public long UnackedRead { get; init; }

    /// <summary>The first few findings, each with partition and offset.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];
}

/// <summary>What the worker process itself used within the measured time.</summary>
public sealed record WorkerUsage
{
    public required double UserSeconds { get; init; }

    public required double SystemSeconds { get; init; }

    /// <summary>Cores used on average.</summary>
    public required double Cores { get; init; }

    public required long AllocatedBytes { get; init; }

    public required int Collections { get; init; }
}
