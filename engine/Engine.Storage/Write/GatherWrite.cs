using Engine.Core.Memory;
using Engine.Core.Strategies;

namespace Engine.Storage.Write;

/// <summary>Holds small appends back and writes them with the next large one, or when somebody needs them, in one pwritev.</summary>
/// <remarks>
/// Bytes are held only where acknowledgements wait for a flush (<c>group-commit</c>): a crash then loses nothing that was promised. A group
/// of small batches costs one system call instead of one each; an append that does not fit with what is held is not copied but goes
/// out beside it. It pays for batches of a few KiB and less that nobody reads before the flush; a follower's fetch ends the hold. Under
/// other flush policies each append is a pwritev of its own, and this is <c>pagecache</c>.
/// <para><c>hold</c> is the most bytes kept back in each partition; the memory is given back with each write.</para>
/// </remarks>
internal sealed class GatherWrite(int holdBytes, long preallocateBytes) : IWritePath
{
    public static IWritePath Create(StrategySpec spec) => new GatherWrite(
        holdBytes: (int)Math.Min(spec.Bytes("hold", 64 << 10), 1 << 30),
        preallocateBytes: spec.Bytes("preallocate", 16 << 20));

    public ISegmentWriter Open(SegmentFile file, long position) =>
        new Writer(file, file.MayHold ? holdBytes : 0, position, new Preallocation(file, position, preallocateBytes));

    public void Verify(string folder)
    {
        // Every file system takes a pwritev.
    }

    private sealed class Writer(SegmentFile file, int holdBytes, long position, Preallocation preallocation) : ISegmentWriter
    {
        private readonly Lock _writing = new();
        private Preallocation _preallocation = preallocation;
        private long _written = position; // Up to here the bytes are in the file; behind it come those held.
        private Block? _block;
        private int _held;

        public void Write(long position, ReadOnlySpan<byte> bytes)
        {
            if (holdBytes == 0)
            {
                WriteHeldAnd(bytes); // Nothing to settle, so nobody to keep out.
                return;
            }

            lock (_writing)
            {
                if (bytes.Length <= holdBytes - _held)
                {
                    _block ??= BlockPool.Shared.Rent(holdBytes);
                    bytes.CopyTo(_block.Bytes.AsSpan(_held));
                    Volatile.Write(ref _held, _held + bytes.Length);
                }
                else
                {
                    WriteHeldAnd(bytes);
                }
            }
        }

        public void Settle()
        {
            if (Volatile.Read(ref _held) == 0) return;
            lock (_writing)
            {
                if (_held > 0) WriteHeldAnd([]);
            }
        }

        public void Dispose()
        {
            lock (_writing) LetGo();
        }

        private void WriteHeldAnd(ReadOnlySpan<byte> bytes)
        {
            var end = _written + _held + bytes.Length;
            _preallocation.Cover(end);
            file.Calls.Write(file.Handle, _block is null ? [] : _block.Bytes.AsSpan(0, _held), bytes, _written);
            _written = end;
            LetGo();
        }

        private void LetGo()
        {
            _block?.Dispose();
            _block = null;
            Volatile.Write(ref _held, 0); // Last: who sees it finds the bytes in the file.
        }
    }
}
