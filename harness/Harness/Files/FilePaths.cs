using Harness.Files.Paths;

namespace Harness.Files;

/// <summary>One way of moving blocks between memory and one file. One thread at a time.</summary>
internal unsafe interface IFilePath : IDisposable
{
    /// <summary>Reads or writes one block, whichever the path was opened for.</summary>
    void Transfer(byte* block, int count, long position);

    /// <summary>Makes what was written durable.</summary>
    void Sync();
}

/// <summary>Every way there is, by name.</summary>
internal static class FilePaths
{
    public const string SystemCall = "system-call";
    public const string Direct = "direct";

    private static readonly (string Name, string Summary, FileAction[] For, Func<string, FileWork, IFilePath> Open)[] All =
    [
        (SystemCall, "pread(2) and pwrite(2) through the page cache", [FileAction.Read, FileAction.Write], (path, work) => new SystemCallPath(path, work, flags: 0)),
        (Direct, "the same with O_DIRECT, past the page cache", [FileAction.Read, FileAction.Write], (path, work) => new SystemCallPath(path, work, NativeFiles.DirectFlag)),
        ("gather", "pwritev(2) of eight pieces", [FileAction.Write], (path, work) => new GatherPath(path)),
        ("mapped", "a copy from or to the file mapped into memory", [FileAction.Read, FileAction.Write], (path, work) => new MappedPath(path, work)),
        ("io-uring", "io_uring with eight writes under way", [FileAction.Write], (path, work) => new RingPath(path)),
        ("random-access", ".NET's RandomAccess on a handle", [FileAction.Read, FileAction.Write], (path, work) => new RandomAccessPath(path, work)),
        ("file-stream", ".NET's FileStream with its default buffer of 4 KiB", [FileAction.Read, FileAction.Write], (path, work) => new StreamPath(path, work, bufferBytes: 4096)),
        ("file-stream-unbuffered", ".NET's FileStream without a buffer", [FileAction.Read, FileAction.Write], (path, work) => new StreamPath(path, work, bufferBytes: 0)),
    ];

    /// <summary>The sentence that refuses it, or null when there is such a way for what is to be done.</summary>
    public static string? Problem(FileWork work) => All.Any(path => path.Name == work.Api && path.For.Contains(work.Action))
        ? null
        : $"there is no way '{work.Api}' to {work.Action.ToString().ToLowerInvariant()} a file: choose {string.Join(", ", All.Where(path => path.For.Contains(work.Action)).Select(path => path.Name))}";

    /// <summary>Opens a file, which exists, for the work.</summary>
    public static IFilePath Open(string path, FileWork work) => All.First(candidate => candidate.Name == work.Api).Open(path, work);
}
