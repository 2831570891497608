using System.Buffers;
using System.Runtime.InteropServices;

namespace Engine.Storage.Cache;

/// <summary>Memory for a cache's chunk, of a size that is a power of two and at a place that does not change.</summary>
internal abstract class CacheBlock(int sizeBytes) : IDisposable
{
    public int SizeBytes => sizeBytes;

    public abstract Memory<byte> Memory { get; }

    /// <summary>Gives the memory back to where it came from. Nobody has a view of it any more.</summary>
    public abstract void Dispose();
}

/// <summary>On the managed heap: what nobody refers to is the garbage collector's, which takes its time.</summary>
internal sealed class HeapBlock(int sizeBytes) : CacheBlock(sizeBytes)
{
    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(sizeBytes, pinned: true);

    public override Memory<byte> Memory => _bytes;

    public override void Dispose() => _bytes = [];
}

/// <summary>Outside of the managed heap: the garbage collector neither counts nor visits it, and freed memory is free at once.</summary>
internal sealed class NativeBlock : CacheBlock
{
    private const nuint PageBytes = 4096;

    private readonly View _view;

    public NativeBlock(int sizeBytes)
        : base(sizeBytes) => _view = new View(sizeBytes);

    public override Memory<byte> Memory => _view.Memory;

    public override void Dispose() => ((IDisposable)_view).Dispose();

    private sealed unsafe class View(int sizeBytes) : MemoryManager<byte>
    {
        private byte* _start = (byte*)NativeMemory.AlignedAlloc((nuint)sizeBytes, PageBytes);

        public override Span<byte> GetSpan() => new(_start, _start is null ? 0 : sizeBytes);

        public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

        public override void Unpin()
        {
            // Native memory does not move.
        }

        protected override void Dispose(bool disposing)
        {
            NativeMemory.AlignedFree(_start);
            _start = null;
        }
    }
}
