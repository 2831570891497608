using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Harness.Files.Paths;

/// <summary>Writes through an io_uring with several under way; an operation ends when it is submitted, and waits only when the ring is full.</summary>
/// <remarks>
/// The block is the same for every write, so all of them may be under way from one buffer. Layouts and offsets: io_uring(7),
/// io_uring_setup(2), linux/io_uring.h.
/// </remarks>
internal sealed unsafe partial class RingPath : IFilePath
{
    private const int Depth = 8;

    private const int SetupCall = 425; // io_uring_setup, the same on every architecture
    private const int EnterCall = 426; // io_uring_enter
    private const int GetEvents = 1;   // IORING_ENTER_GETEVENTS
    private const byte Write = 23;     // IORING_OP_WRITE, since Linux 5.6
    private const long EntriesOffset = 0x10000000; // IORING_OFF_SQES; both rings are at 0 since Linux 5.4
    private const int EntryBytes = 64;
    private const int CompletionBytes = 16;

    private readonly SafeFileHandle _file;
    private readonly SafeFileHandle _ring;
    private readonly byte* _rings;
    private readonly byte* _entries;
    private readonly long _ringsBytes;
    private readonly Setup _setup;
    private int _underWay;
    private int _count;

    public RingPath(string path)
    {
        fixed (Setup* setup = &_setup)
        {
            var ring = SetupRing(SetupCall, Depth, setup);
            if (ring < 0) throw new IOException($"io_uring_setup: {Marshal.GetLastPInvokeErrorMessage()}");
            _ring = new SafeFileHandle(ring, ownsHandle: true);
        }

        _ringsBytes = Math.Max(_setup.Submissions.Array + (_setup.SubmissionEntries * sizeof(uint)), _setup.Completions.Entries + (_setup.CompletionEntries * CompletionBytes));
        _rings = NativeFiles.MapShared(_ring, _ringsBytes, 0);
        _entries = NativeFiles.MapShared(_ring, _setup.SubmissionEntries * EntryBytes, EntriesOffset);
        _file = NativeFiles.Open(path, NativeFiles.ReadWrite);
    }

    public void Transfer(byte* block, int count, long position)
    {
        if (_underWay == Depth) Complete();

        _count = count;
        var tail = *At(_setup.Submissions.Tail);
        var index = tail & *At(_setup.Submissions.Mask);
        var entry = _entries + (index * EntryBytes);
        new Span<byte>(entry, EntryBytes).Clear();
        *entry = Write;
        *(int*)(entry + 4) = (int)_file.DangerousGetHandle();
        *(long*)(entry + 8) = position;
        *(byte**)(entry + 16) = block;
        *(int*)(entry + 24) = count;
        *At(_setup.Submissions.Array + (index * sizeof(uint))) = index;
        Volatile.Write(ref *At(_setup.Submissions.Tail), tail + 1);
        Enter(submit: 1, complete: 0);
        _underWay++;
    }

    public void Sync()
    {
        while (_underWay > 0) Complete();
        NativeFiles.Sync(_file);
    }

    public void Dispose()
    {
        while (_underWay > 0) Complete();
        NativeFiles.Unmap(_entries, _setup.SubmissionEntries * EntryBytes);
        NativeFiles.Unmap(_rings, _ringsBytes);
        _ring.Dispose();
        _file.Dispose();
    }

    /// <summary>Waits for one write and takes what has been done by then.</summary>
    private void Complete()
    {
        var head = *At(_setup.Completions.Head);
        if (head == Volatile.Read(ref *At(_setup.Completions.Tail))) Enter(submit: 0, complete: 1);
        for (; head != Volatile.Read(ref *At(_setup.Completions.Tail)); head++, _underWay--)
        {
            var result = *(int*)(_rings + _setup.Completions.Entries + ((head & *At(_setup.Completions.Mask)) * CompletionBytes) + 8);
            if (result == _count) continue;

            _underWay = 0; // Nothing more can be made of this ring.
            throw new IOException($"io_uring write: {(result < 0 ? Marshal.GetPInvokeErrorMessage(-result) : $"{result} of {_count} bytes")}");
        }

        Volatile.Write(ref *At(_setup.Completions.Head), head);
    }

    private void Enter(uint submit, uint complete)
    {
        while (EnterRing(EnterCall, (int)_ring.DangerousGetHandle(), submit, complete, complete > 0 ? (uint)GetEvents : 0, 0, 0) < 0)
            if (Marshal.GetLastPInvokeError() != 4) throw new IOException($"io_uring_enter: {Marshal.GetLastPInvokeErrorMessage()}"); // 4: EINTR
    }

    private uint* At(uint offset) => (uint*)(_rings + offset);

    /// <summary>struct io_uring_params.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Setup
    {
        public uint SubmissionEntries;
        public uint CompletionEntries;
        public fixed uint Unused[8]; // flags, thread, features, work queue, reserved
        public SubmissionOffsets Submissions;
        public CompletionOffsets Completions;
    }

    /// <summary>struct io_sqring_offsets.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SubmissionOffsets
    {
        public uint Head;
        public uint Tail;
        public uint Mask;
        public uint Entries;
        public uint Flags;
        public uint Dropped;
        public uint Array;
        public uint Reserved;
        public ulong UserAddress;
    }

    /// <summary>struct io_cqring_offsets.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct CompletionOffsets
    {
        public uint Head;
        public uint Tail;
        public uint Mask;
        public uint EntryCount;
        public uint Overflow;
        public uint Entries;
        public uint Flags;
        public uint Reserved;
        public ulong UserAddress;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SetupRing(nint number, uint entries, Setup* setup);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint EnterRing(nint number, int ring, uint submit, uint complete, uint flags, nint signals, nint size);
}
