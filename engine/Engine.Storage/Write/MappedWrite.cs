using System.Runtime.InteropServices;
using Engine.Core.Strategies;
using Engine.Storage.Native;

namespace Engine.Storage.Write;

/// <summary>Copies appends into the segment's file mapped into memory, a window at a time; no system call for most of them.</summary>
/// <remarks>
/// Each page is faulted in before it is copied to, which makes this dearer than pwrite for all but small appends. Disk blocks are reserved
/// before they are mapped (fallocate) and pages made writable by a call that can say no (MADV_POPULATE_WRITE), so that a full disk is an
/// error and not a SIGBUS. fdatasync writes mapped pages like any others; where each write is to be durable on return, msync does it.
/// Between appends the file is longer than what was written, the rest zeros; closing the segment and recovery trim it.
/// </remarks>
internal sealed class MappedWrite(long windowBytes) : IWritePath
{
    private const int PageBytes = 4096;
    private const int PopulateAheadBytes = 256 << 10;

    public static IWritePath Create(StrategySpec spec) =>
        new MappedWrite(windowBytes: Math.Clamp(spec.Bytes("window", 16 << 20), 64 << 10, 1 << 30) / PageBytes * PageBytes);

    public ISegmentWriter Open(SegmentFile file, long position) => new Writer(file, position, windowBytes);

    public void Verify(string folder)
    {
        var probe = Path.Combine(folder, "mapped-probe.tmp");
        try
        {
            using var file = FileCalls.Open(probe, Libc.ReadWrite | Libc.Create);
            if (!FileCalls.Kernel.Allocate(file, 0, PageBytes, extends: true))
                throw new DataFolderException($"the file system of {folder} cannot reserve blocks (fallocate) or is full; write=mapped needs them.");
        }
        finally
        {
            File.Delete(probe);
        }
    }

    private sealed unsafe class Writer : ISegmentWriter
    {
        private readonly SegmentFile _file;
        private readonly long _stepBytes;
        private nint _window; // 0 until the first append: an idle log has no window.
        private long _windowStart;
        private long _windowEnd;
        private long _populatedEnd;

        public Writer(SegmentFile file, long position, long stepBytes)
        {
            (_file, _stepBytes) = (file, stepBytes);
            // A begun page that cannot be read back is an exception here; as a page fault it would end the process.
            var begun = (int)(position % PageBytes);
            if (begun > 0) file.ReadExactly(position - begun, stackalloc byte[begun]);
        }

        public void Write(long position, ReadOnlySpan<byte> bytes)
        {
            while (bytes.Length > 0)
            {
                if (position >= _windowEnd) MoveWindow(position, bytes.Length);
                var count = (int)Math.Min(bytes.Length, _windowEnd - position);
                Populate(position + count);
                bytes[..count].CopyTo(new Span<byte>((void*)(_window + (nint)(position - _windowStart)), count));
                if (_file.WritesThrough) Sync(position, count);
                position += count;
                bytes = bytes[count..];
            }
        }

        public void Dispose()
        {
            if (_window != 0) _ = Libc.Munmap(_window, (nuint)(_windowEnd - _windowStart));
            (_window, _windowEnd) = (0, 0);
        }

        /// <summary>Maps what comes next; small at first, so that ten thousand logs with little in them take little.</summary>
        private void MoveWindow(long position, int wanted)
        {
            Dispose();
            var start = position / PageBytes * PageBytes;
            var least = AlignUp(Math.Min(_stepBytes, position - start + wanted));
            var length = Math.Max(least, AlignUp(Math.Min(_stepBytes, Math.Max(256 << 10, start))));
            if (!_file.Calls.Allocate(_file.Handle, start, length, extends: true))
            {
                length = least; // What is left of the disk may do for this append.
                if (!_file.Calls.Allocate(_file.Handle, start, length, extends: true)) throw FileCalls.Failed($"fallocate {_file.Path}");
            }

            var window = Libc.Mmap(0, (nuint)length, Libc.ProtectRead | Libc.ProtectWrite, Libc.MapShared, _file.Handle, start);
            if (window == Libc.MapFailed) throw FileCalls.Failed("mmap");
            (_window, _windowStart, _windowEnd, _populatedEnd) = (window, start, start + length, start);
        }

        /// <summary>Makes the pages up to <paramref name="end"/> present and writable, and some more: small appends share a call.</summary>
        private void Populate(long end)
        {
            if (end <= _populatedEnd) return;
            var upTo = Math.Min(_windowEnd, AlignUp(end + Math.Min(PopulateAheadBytes, end / 8)));
            var from = _window + (nint)(_populatedEnd - _windowStart);
            while (Libc.Madvise(from, (nuint)(upTo - _populatedEnd), Libc.PopulateWrite) != 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error == Libc.Invalid) break; // Before Linux 5.14: the copy faults the pages in.
                if (error is not (Libc.Interrupted or Libc.TryAgain)) throw FileCalls.Failed("madvise");
            }

            _populatedEnd = upTo;
        }

        private void Sync(long position, int count)
        {
            var start = position / PageBytes * PageBytes;
            _file.Calls.SyncMapped(_window + (nint)(start - _windowStart), position + count - start);
        }

        private static long AlignUp(long bytes) => (bytes + PageBytes - 1) / PageBytes * PageBytes;
    }
}
