using Engine.Core.Acks;
using Engine.Simulation.Machines;

namespace Engine.Simulation;

/// <summary>What one schedule is like: drawn from its seed, or set by a test.</summary>
internal sealed record Setting
{
    // Proportions as in a real cluster, some ten times as fast, so that a schedule of seconds holds many sessions and elections.
    public const int TickMs = 150;
    public const int TicksPerHeartbeat = 2;
    public const long SessionTimeout = 1000 * VirtualTime.Millisecond;
    public const long FetchWait = 300 * VirtualTime.Millisecond;
    public const long FetchTimeout = 600 * VirtualTime.Millisecond;
    public const long ProduceTimeout = 800 * VirtualTime.Millisecond;
    public const long RequestTimeout = 1000 * VirtualTime.Millisecond;
    public const long StoreTimeout = 400 * VirtualTime.Millisecond;
    public const long RetryPause = 60 * VirtualTime.Millisecond;
    public const long PushBeat = 200 * VirtualTime.Millisecond;
    public const int SegmentsKept = 3;

    public int Nodes { get; init; } = 3;

    public int Replicas { get; init; } = 3;

    public int MinInSync { get; init; } = 2;

    public TimeSpan ReplicaLagMax { get; init; } = TimeSpan.FromMilliseconds(700);

    /// <summary>Whether the flush policy has acknowledgements wait until the records are on the disk.</summary>
    public bool HoldsAcknowledgements { get; init; } = true;

    /// <summary>What acks=all asks for.</summary>
    public IAckRule Acks { get; init; } = RuleOf("all");

    /// <summary>How likely a node has its leaders push to it, rather than fetch from them.</summary>
    public int PushedToPercent { get; init; }

    /// <summary>The most frames that may be on their way to a follower that is pushed to, or not dealt with yet.</summary>
    public int PushWindowFrames { get; init; } = 16;

    /// <summary>The most batches likewise.</summary>
    public int PushWindowBatches { get; init; } = 40;

    /// <summary>The mean time from one deletion of records by request to the next; 0: nobody asks for any.</summary>
    public int DeletesEveryMs { get; init; }

    /// <summary>How many offsets a segment spans, at whose end producers are remembered on disk; 0: there is only one.</summary>
    public int OffsetsPerSegment { get; init; }

    /// <summary>Whether the oldest segments are dropped, but for some.</summary>
    public bool DropsOldSegments { get; init; }

    /// <summary>The longest a flush takes.</summary>
    public int FlushMs { get; init; } = 20;

    public int DelayMs { get; init; } = 3;

    /// <summary>The most that one answer to a fetch carries.</summary>
    public int BatchesPerFetch { get; init; } = 20;

    public int LossPerMille { get; init; }

    public int DuplicatesPerMille { get; init; }

    /// <summary>How long faults come.</summary>
    public long FaultsFor { get; init; } = 5 * VirtualTime.Second;

    /// <summary>The mean time from one fault to the next.</summary>
    public int FaultEveryMs { get; init; } = 500;

    public int MostFaultsAtOnce { get; init; } = 2;

    /// <summary>The mean time from one batch of a producer to its next.</summary>
    public int ProduceEveryMs { get; init; } = 60;

    /// <summary>Whether the producer that is not idempotent waits for the leader only.</summary>
    public bool HasLeaderAcks { get; init; }

    /// <summary>The engine's rule of a name.</summary>
    public static IAckRule RuleOf(string name) => AckRules.Catalog.Create(name).Instance;
}
