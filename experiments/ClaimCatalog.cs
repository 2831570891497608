using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>The sentences of others that this project puts to the test, and what makes each of them wrong.</summary>
/// <remarks>
/// Most come from two articles: “Kafka Internals: The Storage Layer, Zero-Copy, and High Throughput” (here “Kafka Internals”) and “Kafka's
/// Design - a Masterclass in Systems Engineering” (“Kafka's Design”). They are told in our words. Experiments name the claims they
/// answer and mark the checks that decide them; nothing else says what a claim is.
/// </remarks>
public static class ClaimCatalog
{
    private const string Internals = "“Kafka Internals”";
    private const string Design = "“Kafka's Design”";

    /// <summary>All of them, in the order of their numbers, which begin at 1 and have no holes.</summary>
    public static IReadOnlyList<Claim> All { get; } =
    [
        new(1, "Random disk access is 1000 times slower than sequential", $"{Internals}; Kafka's documentation says 6000 times for a RAID of spinning disks",
            "sequential access is less than 10 times as fast as random access with blocks of the same size"),
        new(2, "Sequential I/O can hit speeds rivalling memory bandwidth", Design,
            "the device gives less than half of what one thread copies in memory"),
        new(3, "Append-only writing reaches the hardware limit", Internals,
            "the broker appends at less than 70 % of the rate of a bare sequential file that is made durable as often"),
        new(4, "sendfile frees the CPU", $"{Internals}, {Design}",
            "it saves less than a tenth of the broker's CPU per GB against a buffered copy"),
        new(5, "sendfile reduces the use of memory bandwidth", Internals,
            "beside a thread that uses the memory's bandwidth it loses as much of its rate as a buffered copy does"),
        new(6, "Zero-copy needs fewer system calls: one replaces read and write", Design,
            "both make as many system calls per MB at large fetches"),
        new(7, "sendfile is always good", $"implied by {Internals} and {Design}; KAFKA-7504 says otherwise",
            "beside a reader of cold data, others at the same broker wait longer under sendfile than under a buffered copy"),
        new(8, "TLS takes away what sendfile gains", "Kafka's documentation",
            "over TLS sendfile saves as large a share of the CPU per GB as in plaintext, within a tenth"),
        new(9, "The operating system uses all free memory as cache", $"{Internals}: 60 GB cached of 64",
            "the share of reads that come from memory does not follow the memory there is"),
        new(10, "The page cache survives the process: a restart is nearly instant",
            $"{Internals}, {Design}; Kafka's documentation: 10 GB in a process may take 10 minutes to warm up",
            "a restarted broker is no faster with its pages cached than with its pages dropped"),
        new(11, "A cache in the process holds data twice", $"{Design}, Kafka's documentation",
            "process and page cache together grow no larger than the page cache alone"),
        new(12, "A cache in the heap pays for garbage collection", Design,
            "the p99.9 of producers does not change with the size of the cache"),
        new(13, "Batching spreads the cost of requests and system calls over many records", Design,
            "the CPU that a record costs does not fall when batches grow"),
        new(14, "Batching trades latency for throughput", $"implied by {Design}",
            "waiting for fuller batches lowers the p99 under high load, so that nothing is given for it"),
        new(15, "Writes that bypass buffered streams are worth it", Design,
            "a buffered stream comes within 5 % of writing past it"),
        new(16, "acks=all is the safe level", Internals,
            "an acknowledged record is lost under a fault that acks=all is said to survive"),
        new(17, "Waiting for all replicas costs throughput", "Jay Kreps, “2 Million Writes Per Second”: 787k records/s became 422k",
            "acks=all reaches more than 95 % of the rate of acks=1"),
        new(18, "Consumers read only up to the high watermark", Internals,
            "one record is read above it, or is read and later gone"),
        new(19, "The high watermark lags by a round trip of the followers' fetch", Internals,
            "what acks=all waits for does not grow with the round trip between brokers"),
        new(20, "Retention drops whole files and so costs nothing", Design,
            "the p99.9 of producers more than doubles while files are dropped"),
        new(21, "Consumers that come days late cost the others nothing", Design,
            "the p99 of producers and tailing consumers rises while one reads what has left the page cache"),
        new(22, "Readahead helps sequential consumers", Design,
            "cold sequential reads are as fast without it"),
        new(23, "Replication avoids the flush: it gives durability without waiting for the disk", Design,
            "acknowledged records are lost in a fault it is said to survive, or the flush it avoids costs less than 5 %"),
        new(24, "A log takes more than a million messages a second", Internals,
            "no load of small records reaches that rate within its latency target"),
        new(25, "Latency stays below a millisecond at massive throughput", Internals,
            "the p99 is above 1 ms at half of the rate that the brokers hold"),
        new(26, "Records kept as they came let the broker not touch them, and code that does not run is fastest", Design,
            "looking at every record costs no more CPU than looking at a batch's header"),
        new(27, "Systems in memory are faster, and limited by it", Design,
            "a log in memory is at most a fifth faster than one in the page cache that is never flushed"),
        new(28, "More partitions give more throughput", "common wisdom; Kafka and Apache Iggy scale by them",
            "under the same load the rate falls beyond some number of partitions"),
    ];

    /// <exception cref="PlanException">There is no claim of this number; the message says which there are.</exception>
    public static Claim Find(int number) => All.FirstOrDefault(claim => claim.Number == number)
        ?? throw new PlanException($"there is no claim {number}: choose 1 to {All.Count}.");

    /// <summary>Experiments whose checks decide a claim; empty while there is none.</summary>
    public static IReadOnlyList<Experiment> AnsweredBy(Claim claim) =>
        [.. ExperimentCatalog.All.Where(experiment => experiment.Claims.Any(answered => answered.Number == claim.Number))];
}
