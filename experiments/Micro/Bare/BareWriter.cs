using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Micro.Bare;

/// <summary>Writes one new file from front to back by one system call again and again: the least that a write path can cost.</summary>
internal abstract unsafe class BareWriter : IDisposable
{
    /// <summary>The bare loop of what a strategy of that name does at heart; a pwrite where none is known.</summary>
    /// <param name="strategy">The strategy's text; what is in parentheses does not matter here.</param>
    /// <param name="path">The file to make.</param>
    /// <param name="totalBytes">What will be written in all.</param>
    /// <param name="pieceBytes">What will be written at a time.</param>
    public static BareWriter Like(string strategy, string path, long totalBytes, int pieceBytes) => strategy.Split('(')[0] switch
    {
        "direct" => new Direct(path, pieceBytes),
        "mapped" => new Mapped(path, totalBytes, pieceBytes),
        "memory" => new Pwrite(Calls.MakeInMemory("bare"), pieceBytes),
        _ => new Pwrite(Calls.OpenFile(path, Calls.ReadWrite | Calls.Create), pieceBytes),
    };

    private readonly byte[] _piece; // An ordinary array, as batches come in: at no address that anything would like better.

    private BareWriter(int pieceBytes)
    {
        _piece = GC.AllocateUninitializedArray<byte>(pieceBytes, pinned: true);
        new Random(1).NextBytes(_piece);
    }

    public void Write(long position)
    {
        fixed (byte* piece = _piece) Write(piece, _piece.Length, position);
    }

    public abstract void Dispose();

    protected abstract void Write(byte* piece, int count, long position);

    private sealed class Pwrite(SafeFileHandle file, int pieceBytes) : BareWriter(pieceBytes)
    {
        public override void Dispose() => file.Dispose();

        protected override void Write(byte* piece, int count, long position) => Calls.WriteAt(file, piece, count, position);
    }

    /// <summary>The disk takes bytes at addresses that suit it only, so that each piece is copied to one first.</summary>
    private sealed class Direct(string path, int pieceBytes) : BareWriter(pieceBytes)
    {
        private const int Alignment = 4096; // what O_DIRECT wants of addresses, positions and lengths

        private readonly SafeFileHandle _file = Calls.OpenFile(path, Calls.ReadWrite | Calls.Create | Calls.Direct);
        private readonly byte* _block = (byte*)NativeMemory.AlignedAlloc((nuint)pieceBytes, Alignment);

        public override void Dispose()
        {
            _file.Dispose();
            NativeMemory.AlignedFree(_block);
        }

        protected override void Write(byte* piece, int count, long position)
        {
            Buffer.MemoryCopy(piece, _block, count, count);
            Calls.WriteAt(_file, _block, count, position);
        }
    }

    private sealed class Mapped : BareWriter
    {
        private readonly SafeFileHandle _file;
        private readonly byte* _memory;
        private readonly long _totalBytes;

        public Mapped(string path, long totalBytes, int pieceBytes)
            : base(pieceBytes)
        {
            _file = Calls.OpenFile(path, Calls.ReadWrite | Calls.Create);
            RandomAccess.SetLength(_file, totalBytes);
            _totalBytes = totalBytes;
            _memory = Calls.Map(_file, totalBytes, Calls.ProtectRead | Calls.ProtectWrite);
        }

        public override void Dispose()
        {
            Calls.Unmap(_memory, _totalBytes);
            _file.Dispose();
        }

        protected override void Write(byte* piece, int count, long position) => Buffer.MemoryCopy(piece, _memory + position, count, count);
    }
}
