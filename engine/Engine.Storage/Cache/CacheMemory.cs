using System.Numerics;

namespace Engine.Storage.Cache;

/// <summary>The memory of a node's cache: blocks in powers of two, together never more than the budget, spare ones included.</summary>
/// <remarks>Used under the cache's lock. A block given back stays for the next one of its size, until another size needs the room.</remarks>
internal sealed class CacheMemory(long budgetBytes, Func<int, CacheBlock> allocate)
{
    private const int SmallestBits = 12; // 4 KiB, a page

    private readonly Stack<CacheBlock>[] _spares = [.. Enumerable.Range(0, 32 - SmallestBits).Select(_ => new Stack<CacheBlock>())];

    public long BudgetBytes => budgetBytes;

    /// <summary>What is allocated now, in use or spare.</summary>
    public long HeldBytes { get; private set; }

    /// <summary>A block of at least <paramref name="bytes"/>; null when that would exceed the budget.</summary>
    public CacheBlock? TryRent(int bytes)
    {
        var bits = Math.Max(SmallestBits, BitOperations.Log2((uint)Math.Max(1, bytes - 1)) + 1);
        if (_spares[bits - SmallestBits].TryPop(out var spare)) return spare;

        var size = 1 << bits;
        if (HeldBytes + size > budgetBytes) FreeSpares(HeldBytes + size - budgetBytes);
        if (HeldBytes + size > budgetBytes) return null;

        HeldBytes += size;
        return allocate(size);
    }

    public void Return(CacheBlock block) => _spares[BitOperations.Log2((uint)block.SizeBytes) - SmallestBits].Push(block);

    /// <summary>Frees spare blocks until <paramref name="bytes"/> are free or no spare is left.</summary>
    public void FreeSpares(long bytes)
    {
        for (var i = _spares.Length - 1; i >= 0; i--)
        {
            while (bytes > 0 && _spares[i].TryPop(out var spare))
            {
                HeldBytes -= spare.SizeBytes;
                bytes -= spare.SizeBytes;
                spare.Dispose();
            }
        }
    }
}
