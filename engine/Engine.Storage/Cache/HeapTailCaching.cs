using Engine.Core.Strategies;

namespace Engine.Storage.Cache;

/// <summary>Keeps what was appended last, up to <c>budget</c> bytes for the whole node, on the managed heap.</summary>
/// <remarks>
/// Whatever log it belongs to, what was appended longest ago goes first; what readers ask for makes no difference. Reads near the
/// end touch no file: one copy into the socket, against pread's two and sendfile's none.
/// </remarks>
internal static class HeapTailCaching
{
    public static IBatchCaching Create(StrategySpec spec) =>
        new ChunkCaching(CacheBudget.Of(spec, bytes => new HeapBlock(bytes)), isByUse: false, keepsReads: false);
}
