using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Micro.Bare;

/// <summary>Sends pieces of one file by one or two system calls each: the least that a read path can cost.</summary>
internal abstract unsafe class BareReader(string path) : IDisposable
{
    private readonly SafeFileHandle _file = Calls.OpenFile(path, Calls.ReadWrite);

    /// <summary>The bare loop of what a strategy of that name does at heart; a pread and a send where none is known.</summary>
    public static BareReader Like(string strategy, string path, int pieceBytes, Drain drain) => strategy.Split('(')[0] switch
    {
        "sendfile" => new Sendfile(path, drain),
        "mapped" => new Mapped(path, drain),
        _ => new Pread(path, pieceBytes, drain),
    };

    public abstract void Read(long position, int count);

    public virtual void Dispose() => _file.Dispose();

    private sealed class Sendfile(string path, Drain drain) : BareReader(path)
    {
        public override void Read(long position, int count) => drain.SendFile(_file, position, count);
    }

    private sealed class Mapped : BareReader
    {
        private readonly Drain _drain;
        private readonly long _length;
        private readonly byte* _memory;

        public Mapped(string path, Drain drain)
            : base(path)
        {
            _drain = drain;
            _length = RandomAccess.GetLength(_file);
            _memory = Calls.Map(_file, _length, Calls.ProtectRead);
        }

        public override void Read(long position, int count) => _drain.Send(_memory + position, count);

        public override void Dispose()
        {
            Calls.Unmap(_memory, _length);
            base.Dispose();
        }
    }

    private sealed class Pread(string path, int pieceBytes, Drain drain) : BareReader(path)
    {
        private readonly byte* _buffer = (byte*)NativeMemory.Alloc((nuint)pieceBytes);

        public override void Read(long position, int count)
        {
            Calls.ReadAt(_file, _buffer, count, position);
            drain.Send(_buffer, count);
        }

        public override void Dispose()
        {
            NativeMemory.Free(_buffer);
            base.Dispose();
        }
    }
}
