using Engine.Core;
using Engine.Storage.Native;

namespace Engine.Storage;

/// <summary>What all logs of a node share: the strategies, the clock, the way to the disk and the background threads.</summary>
internal sealed record NodeFiles(
    StorageStrategies Strategies, TimeProvider Time, FileCalls Calls, Flusher Flusher, BackgroundQueue Keeper, BackgroundQueue Sweeper,
    OpenFiles OpenFiles)
{
    /// <summary>The monotonic moment that flush deadlines are reckoned in.</summary>
    public Instant Now => new((long)(Time.GetTimestamp() * (1e9 / Time.TimestampFrequency)));

    /// <summary>Milliseconds since the Unix epoch, the unit of record timestamps.</summary>
    public long UnixMilliseconds => Time.GetUtcNow().ToUnixTimeMilliseconds();
}
