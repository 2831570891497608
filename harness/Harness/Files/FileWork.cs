using System.Text.Json.Serialization;
using Harness.Load;

namespace Harness.Files;

/// <summary>What a file worker does again and again: one way through one file, with no broker in between.</summary>
public sealed record FileWork
{
    public FileAction Action { get; init; } = FileAction.Read;

    /// <summary>The call that moves the bytes, a name from <see cref="FilePaths"/>; of no meaning where no file is touched.</summary>
    public string Api { get; init; } = FilePaths.SystemCall;

    public AccessPattern Pattern { get; init; } = AccessPattern.Sequential;

    /// <summary>Bytes of one operation.</summary>
    [JsonConverter(typeof(ByteCountConverter))]
    public long BlockBytes { get; init; } = 4096;

    /// <summary>Threads, each with a file of its own and one operation under way: together the queue depth.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Bytes of all files together; for a copy, of the memory it walks through.</summary>
    [JsonConverter(typeof(ByteCountConverter))]
    public long FileBytes { get; init; } = 1L << 30;

    /// <summary>
    /// Warm: the files are in the page cache and are gone through round and round until the time is over. Cold: they are not,
    /// and each block is read once, for the second time round would be warm.
    /// </summary>
    public CacheState Cache { get; init; } = CacheState.Warm;

    /// <summary>What the kernel is told of the way the file will be read (posix_fadvise, madvise).</summary>
    public Advice Advice { get; init; } = Advice.None;

    /// <summary>Writes new files that grow, once through; else files that are there already are written over until the time is over.</summary>
    public bool Growing { get; init; }

    /// <summary>A thread makes its file durable (fdatasync) each time it has written so much; 0 never does.</summary>
    [JsonConverter(typeof(ByteCountConverter))]
    public long SyncEveryBytes { get; init; }

    /// <summary>Whether a block is never touched twice, so that the run ends when all of them were.</summary>
    [JsonIgnore]
    public bool Once => (Action == FileAction.Read && Cache == CacheState.Cold) || (Action == FileAction.Write && Growing);

    /// <summary>Whether it works on files at all.</summary>
    [JsonIgnore]
    public bool UsesFiles => Action is FileAction.Read or FileAction.Write;

    /// <summary>Everything that is wrong with it, a sentence each; empty when it can be done.</summary>
    public IEnumerable<string> Problems()
    {
        if (BlockBytes is < 1 or > 1 << 30) yield return $"a block of {BlockBytes} bytes must have between 1 and {1 << 30}";
        else if (FileBytes / Math.Max(1, Threads) < BlockBytes) yield return $"{FileBytes} bytes leave {Threads} threads less than a block of {BlockBytes} each";
        if (!UsesFiles) yield break;

        if (FilePaths.Problem(this) is { } problem) yield return problem;
        if (Api == FilePaths.Direct && BlockBytes % DirectMemory.Alignment != 0)
            yield return $"O_DIRECT moves multiples of {DirectMemory.Alignment} bytes, not {BlockBytes}";
    }
}

[JsonConverter(typeof(JsonStringEnumConverter<FileAction>))]
public enum FileAction
{
    Read,
    Write,

    /// <summary>Memory to memory: the rate that reading and writing files is held against.</summary>
    Copy,

    /// <summary>Keeps a core busy without touching memory: the control for whoever works beside a <see cref="Copy"/>.</summary>
    Spin,
}

[JsonConverter(typeof(JsonStringEnumConverter<AccessPattern>))]
public enum AccessPattern
{
    Sequential,

    /// <summary>Every block once in an order shuffled by the seed, then again.</summary>
    Random,
}

[JsonConverter(typeof(JsonStringEnumConverter<CacheState>))]
public enum CacheState
{
    Warm,
    Cold,
}

[JsonConverter(typeof(JsonStringEnumConverter<Advice>))]
public enum Advice
{
    /// <summary>Nothing is said: readahead adapts to what it sees.</summary>
    None,

    /// <summary>Doubles the readahead window (POSIX_FADV_SEQUENTIAL, posix_fadvise(2)).</summary>
    Sequential,

    /// <summary>Turns readahead off.</summary>
    Random,
}
