using Engine.Core.Strategies;

namespace Engine.Storage.Cache;

/// <summary>Keeps what was appended or read last, up to <c>budget</c> bytes for the whole node, on the managed heap.</summary>
/// <remarks>
/// A read that is not answered is made into memory, so that the next reader of the same batches finds them there: several readers
/// of old data, a little apart, cost one read. The price is the copy that sendfile saves.
/// </remarks>
internal static class HeapLruCaching
{
    public static IBatchCaching Create(StrategySpec spec) =>
        new ChunkCaching(CacheBudget.Of(spec, bytes => new HeapBlock(bytes)), isByUse: true, keepsReads: true);
}
