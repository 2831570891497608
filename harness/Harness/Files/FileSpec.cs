using Harness.Load;

namespace Harness.Files;

/// <summary>The job of one file worker. Travels as one line of JSON (<see cref="LoadJson"/>).</summary>
public sealed record FileSpec
{
    /// <summary>Where the files are made; theirs alone, removed by whoever made it.</summary>
    public required string Folder { get; init; }

    public required FileWork Work { get; init; }

    /// <summary>Time at work before anything counts; none where each block is touched once.</summary>
    public TimeSpan Warmup { get; init; }

    /// <summary>The measured time, less when the work ends before.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(5);

    public ulong Seed { get; init; } = 1;
}

/// <summary>What one file worker did in its measured time.</summary>
public sealed record FileReport
{
    public required FileSpec Spec { get; init; }

    /// <summary>Everything that makes the run unusable, in words.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    public required double Seconds { get; init; }

    public required long Operations { get; init; }

    public required long Bytes { get; init; }

    /// <summary>Times a file was made durable.</summary>
    public long Syncs { get; init; }

    /// <summary>Time of each operation, its share of making the file durable included.</summary>
    public required Histogram Latency { get; init; }

    /// <summary>One entry a second from the start of warm-up on.</summary>
    public IReadOnlyList<LoadSecond> Timeline { get; init; } = [];
}

/// <summary>The last line of a file worker.</summary>
public sealed record FileReportLine(FileReport Report) : LoadLine;
