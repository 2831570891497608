using Harness.Load;

namespace Harness.Plans;

/// <summary>What is done to the cluster in one cell.</summary>
public abstract record LoadPlan
{
    /// <summary>Partitions of the one topic under load.</summary>
    public int Partitions { get; init; } = 1;

    /// <summary>What is written and how.</summary>
    public ProduceSpec Send { get; init; } = new();
}

/// <summary>Producers are what is measured; every acknowledged record is read back and compared.</summary>
public sealed record ProduceLoad : LoadPlan
{
    /// <summary>How the records are read back.</summary>
    public ConsumeSpec Check { get; init; } = new();
}

/// <summary>Readers are what is measured: the topic is filled first, as fast as it goes, and flushed.</summary>
public sealed record ReadLoad : LoadPlan
{
    /// <summary>Bytes of keys and values to fill the topic with.</summary>
    public long FillBytes { get; init; } = 2L << 30;

    /// <summary>Whether the files lie in the page cache when the readers start.</summary>
    public PageCache PageCache { get; init; } = PageCache.Hot;

    /// <summary>How it is read; when, and whether again, follows from <see cref="PageCache"/>.</summary>
    public ConsumeSpec Read { get; init; } = new();
}

public enum PageCache
{
    /// <summary>All of it was just written and is still there; readers go round until the time is over.</summary>
    Hot,

    /// <summary>Dropped before the readers start; they read it once, for the second time round would be hot.</summary>
    Cold,
}
