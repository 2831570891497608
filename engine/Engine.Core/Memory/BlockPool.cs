using System.Numerics;

namespace Engine.Core.Memory;

/// <summary>Reusable blocks of memory in power-of-two sizes, so that data paths allocate nothing after warm-up.</summary>
/// <remarks>
/// Thread-safe. Blocks are pinned for life: their addresses go to system calls as they are. A block that is never disposed
/// is only lost to the pool, not leaked. DEBUG builds overwrite returned blocks, so that a use after return shows as garbage.
/// </remarks>
public sealed class BlockPool
{
    private const int SmallestBits = 12; // 4 KiB, a page
    private const int LargestBits = 30;  // 1 GiB, past any legal request

    private readonly Shelf[] _shelves = [.. Enumerable.Range(SmallestBits, LargestBits - SmallestBits + 1).Select(_ => new Shelf())];

    /// <summary>The pool that a process shares.</summary>
    public static BlockPool Shared { get; } = new();

    /// <summary>A block of at least <paramref name="minBytes"/>, its content unspecified. The caller owns it until it disposes it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than 1 GiB asked for.</exception>
    public Block Rent(int minBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBytes, 1 << LargestBits);
        var bits = Math.Max(SmallestBits, BitOperations.Log2((uint)Math.Max(1, minBytes - 1)) + 1);
        var block = _shelves[bits - SmallestBits].TryTake() ?? new Block(this, bits);
        block.Rented();
        return block;
    }

    internal void Return(Block block, int bits) => _shelves[bits - SmallestBits].Put(block, keep: KeptBytes >> bits);

    // Each size keeps at most this many bytes for reuse (but always four blocks); more go to the collector.
    private const int KeptBytes = 64 << 20;

    private sealed class Shelf
    {
        private readonly Lock _lock = new();
        private Block[] _blocks = new Block[4];
        private int _count;

        public Block? TryTake()
        {
            lock (_lock) return _count == 0 ? null : _blocks[--_count];
        }

        public void Put(Block block, int keep)
        {
            lock (_lock)
            {
                if (_count >= Math.Max(4, keep)) return;
                if (_count == _blocks.Length) Array.Resize(ref _blocks, _count * 2);
                _blocks[_count++] = block;
            }
        }
    }
}

/// <summary>A rented piece of memory with exactly one owner, who disposes it once; handing it on hands on that duty.</summary>
public sealed class Block : IDisposable
{
    private readonly BlockPool _pool;
    private readonly int _bits;
    private int _rented;

    internal Block(BlockPool pool, int bits)
    {
        _pool = pool;
        _bits = bits;
        Bytes = GC.AllocateUninitializedArray<byte>(1 << bits, pinned: true);
    }

    /// <summary>The memory; pinned, its length a power of two.</summary>
    public byte[] Bytes { get; }

    /// <summary>Gives the block back.</summary>
    /// <exception cref="InvalidOperationException">It was given back before: two owners, a bug that must not stay hidden.</exception>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _rented, 0) == 0) throw new InvalidOperationException("a block was returned twice");
#if DEBUG
        Bytes.AsSpan().Fill(0xDB);
#endif
        _pool.Return(this, _bits);
    }

    internal void Rented() => _rented = 1;
}
