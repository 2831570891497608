using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Engine.Core.Cluster;
using Engine.Storage;
using Microsoft.Win32.SafeHandles;

namespace Engine.Broker.Metadata;

/// <summary>The cluster's records in one file that the nodes of a machine share, and the state that they lead to.</summary>
/// <remarks>
/// <para>Nobody takes a lock, as a process that is stopped would keep it. An append is one write(2) of one line with O_APPEND, which
/// Linux puts whole behind whatever others wrote (the inode's lock is held for the write), and fdatasync. A line says which version
/// it leads to, so which one it was decided on: it counts if that is the version that all lines before it lead to, else somebody was
/// quicker and it is passed over. Every node reads the same lines in the same order and so agrees which count, whenever their
/// writers were stopped, and however long.</para>
/// <para>A writer that dies, or finds the disk full, may leave a piece of a line. Each line begins with a line feed of its own, so the piece
/// stays by itself and is passed over too, once a line that counts follows: its writer did not count the piece. A line that
/// once counted and is damaged leaves a version out, which is noticed.</para>
/// <para>A file that has grown is closed by a line that says so, behind which nothing counts, and the next one,
/// <c>cluster.journal.NUMBER</c>, starts with the state at that line. Whoever is first to link(2) it in place makes it;
/// a writer that was stopped meanwhile appends to the old one, in vain.</para>
/// <para>One thread at a time.</para>
/// </remarks>
internal sealed partial class ClusterJournal
{
    public const string FileName = "cluster.journal";

    private readonly string _folder;
    private readonly long _compactAtBytes;

    private FileInfo _file;
    private long _generation;  // the number of the file
    private long _position;    // bytes of it that State includes
    private long _baseBytes;   // of which the header and the line it starts from
    private bool _isClosed;    // another file follows
    private long _seenBytes = -1;
    private bool _failed;
    private string? _awaited;  // the append whose fate is being read
    private bool _awaitedIsIn;

    private ClusterJournal(string folder, long compactAtBytes)
    {
        (_folder, _compactAtBytes) = (folder, compactAtBytes);
        _file = new FileInfo(PathOf(0));
    }

    /// <summary>What the journal said when it was last read.</summary>
    public ClusterState State { get; private set; } = ClusterState.Empty;

    /// <summary>The newest journal of a folder, or null when there is none.</summary>
    public static string? NewestIn(string folder) => NewestGeneration(folder) is > 0 and var newest ? PathOf(folder, newest) : null;

    /// <summary>Reads the journal of a folder, or begins one.</summary>
    /// <exception cref="MetadataException">Damaged, or not a journal.</exception>
    public static ClusterJournal Open(string folder, long compactAtBytes)
    {
        var journal = new ClusterJournal(folder, compactAtBytes);
        // Asked twice: a folder that is read while one file takes another's place can show neither.
        if (NewestGeneration(folder) == 0 && NewestGeneration(folder) == 0)
        {
            // The id looks as Kafka's do: 16 random bytes in 22 characters.
            var id = Base64Url.EncodeToString(Guid.NewGuid().ToByteArray());
            journal.Place(1, [.. JournalLine.Header(1), .. JournalLine.Entry(1, [new ClusterCreated(id)], NewName())]);
        }

        journal.CatchUp();
        return journal;
    }

    /// <summary>Whether the file looks other than when it was last read.</summary>
    /// <remarks>One stat: cheap enough to ask a hundred times a second.</remarks>
    public bool HasChanged()
    {
        _file.Refresh();
        return _isClosed || !_file.Exists || _file.Length != _seenBytes;
    }

    /// <summary>Brings <see cref="State"/> up to what is in the file.</summary>
    /// <exception cref="MetadataException">The journal is damaged.</exception>
    public void CatchUp()
    {
        do
        {
            using var file = OpenNewest();
            Read(file);
        }
        while (_isClosed && File.Exists(PathOf(_generation + 1)));
    }

    /// <inheritdoc cref="IMetadataStore.TryAppend"/>
    public bool TryAppend(long expectedVersion, IReadOnlyList<ClusterRecord> records)
    {
        if (_failed) throw new IOException($"{_file.FullName} failed earlier and is not written to any more.");

        CatchUp();
        if (_isClosed)
        {
            BeginNext();
            CatchUp();
        }

        if (State.Version != expectedVersion) return false;

        // The same open file for writing and reading: should another take its place meanwhile, this one still says what became of the line.
        using var file = OpenNewest();
        var version = records.Aggregate(State, (state, record) => state.Apply(record)).Version;
        (_awaited, _awaitedIsIn) = (NewName(), false);
        Append(file, JournalLine.Entry(version, records, _awaited));
        Read(file);
        if (_awaitedIsIn && !_isClosed && _position > Math.Max(_compactAtBytes, 8 * _baseBytes)) Close(file);
        return _awaitedIsIn;
    }

    private void Read(SafeFileHandle file)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                ReadOnce(file);
                return;
            }
            catch (MetadataException) when (attempt < 3)
            {
                // A write that is under way shows its first pages before its last. What is still so a little later is so.
                Thread.Sleep(10);
            }
        }
    }

    private void ReadOnce(SafeFileHandle file)
    {
        ReadOnlyMemory<byte> rest = ReadFrom(file, _position);
        // Before anything is thrown or left for later: what changes from here on makes HasChanged true again.
        _seenBytes = _position + rest.Length;
        var (at, isBad, sawZeros) = (0, false, false);
        while (!_isClosed && rest.Span[at..].IndexOf(JournalLine.End) is var length && length >= 0)
        {
            var line = rest.Slice(at, length);
            if (JournalLine.TryCheck(line, out var json))
            {
                if (Apply(json)) (isBad, sawZeros) = (false, false);
            }
            else if (length > 0)
            {
                // It was durable before the file had its name.
                if (_baseBytes == 0) throw Damaged("the line it starts from has a wrong checksum");
                isBad = true;
                sawZeros |= line.Span.Contains((byte)0);
            }

            at += length + 1;
            if (isBad) continue;
            _position += at;
            rest = rest[at..];
            at = 0;
            if (_baseBytes == 0 && State.Version > 0 && length > 0) _baseBytes = _position;
        }

        // A piece at the end is what a dying writer leaves: cut short, or with pages that never reached the disk and read as zeros.
        if (isBad && !sawZeros && at == rest.Length) throw Damaged("a line's checksum is wrong");
        if (_baseBytes == 0) throw Damaged("the line it starts from is missing");
    }

    /// <returns>Whether the line counts.</returns>
    private bool Apply(ReadOnlyMemory<byte> json)
    {
        try
        {
            var (version, records, name, isLast) = JournalLine.ReadEntry(json);
            if (_baseBytes == 0)
            {
                // A file starts at the version at which the one before it was closed, or later than all this node had read.
                State = ClusterState.Restore(version, records);
                return true;
            }

            var decidedOn = version - records.Count;
            if (decidedOn > State.Version) throw Damaged($"it goes on with version {version} where {State.Version} was the last");
            if (decidedOn < State.Version) return false;

            State = records.Aggregate(State, (state, record) => state.Apply(record));
            _awaitedIsIn |= name == _awaited;
            _isClosed = isLast;
            return true;
        }
        catch (Exception wrong) when (wrong is ClusterRecordException || IsMisshapen(wrong))
        {
            throw Damaged(wrong.Message);
        }
    }

    private void Append(SafeFileHandle file, byte[] line)
    {
        // Short of its end only when the disk is full or the process is being killed.
        var written = Write(file, line, (nuint)line.Length);
        if (written < line.Length)
        {
            throw new IOException($"write to {_file.FullName}: " +
                (written < 0 ? Marshal.GetLastPInvokeErrorMessage() : $"{written} bytes of {line.Length}, is the disk full?"));
        }

        if (SyncData(file) == 0) return;
        // Whether the line is there is not known, and asking the disk again may be answered with a lie.
        _failed = true;
        throw new IOException($"fdatasync of {_file.FullName}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    private void Close(SafeFileHandle file)
    {
        try
        {
            Append(file, JournalLine.Last(State.Version));
            Read(file);
            if (_isClosed) BeginNext();
        }
        catch (IOException error) when (!_failed)
        {
            // The records are in all the same; the next append tries again.
            NodeLog.Warn($"the cluster's journal was not compacted: {error.Message}");
        }
    }

    private void BeginNext()
    {
        Place(_generation + 1, [.. JournalLine.Header(_generation + 1), .. JournalLine.Entry(State.Version, State.ToRecords(), NewName())]);
        for (var old = _generation; File.Exists(PathOf(old)); old--) File.Delete(PathOf(old));
    }

    /// <summary>Puts a file in place, durably, unless it is there: then it says the same.</summary>
    private void Place(long generation, byte[] content)
    {
        var (path, unplaced) = (PathOf(generation), $"{PathOf(generation)}.{NewName()}");
        DurableFile.Write(unplaced, content);
        var isPlaced = Link(unplaced, path) == 0;
        var why = Marshal.GetLastPInvokeError();
        File.Delete(unplaced);
        if (!isPlaced && why != ErrorExists) throw new IOException($"cannot link {path}: {Marshal.GetPInvokeErrorMessage(why)}");
        DurableFile.SyncFolder(_folder);
    }

    /// <summary>Opens the newest file. One that this node has not read yet is read from its start.</summary>
    private SafeFileHandle OpenNewest()
    {
        while (true)
        {
            // As long as the file that was read last is there, it is the newest, or will be found closed.
            var generation = _generation > 0 && !_isClosed && File.Exists(PathOf(_generation)) ? _generation : NewestGeneration(_folder);
            if (generation == 0) throw new IOException($"{PathOf(Math.Max(1, _generation))} is gone.");

            var descriptor = Open(PathOf(generation), OpenReadWrite | OpenAppend | OpenCloseOnExec, 0);
            if (descriptor < 0 && Marshal.GetLastPInvokeError() == ErrorNoEntry) continue; // replaced in between
            if (descriptor < 0) throw new IOException($"cannot open {PathOf(generation)}: {Marshal.GetLastPInvokeErrorMessage()}");

            var file = new SafeFileHandle(descriptor, ownsHandle: true);
            if (generation > _generation) Begin(file, generation);
            return file;
        }
    }

    private void Begin(SafeFileHandle file, long generation)
    {
        var path = PathOf(generation);
        Span<byte> start = stackalloc byte[256];
        start = start[..RandomAccess.Read(file, start, 0)];
        var end = start.IndexOf(JournalLine.End);
        try
        {
            if (end > 0 && JournalLine.TryCheck(start[..end].ToArray(), out var json) && JournalLine.ReadHeader(json) == generation)
            {
                (_generation, _position, _baseBytes, _isClosed) = (generation, end + 1, 0, false);
                _file = new FileInfo(path);
                return;
            }
        }
        catch (Exception wrong) when (IsMisshapen(wrong))
        {
        }

        file.Dispose();
        throw new MetadataException($"{path} is not a cluster journal of this version: give another folder for the cluster, " +
            "or remove the file to begin a new cluster without its topics.");
    }

    private static byte[] ReadFrom(SafeFileHandle file, long position)
    {
        var bytes = new byte[Math.Max(0, RandomAccess.GetLength(file) - position)];
        var read = 0;
        while (read < bytes.Length && RandomAccess.Read(file, bytes.AsSpan(read), position + read) is var count and > 0)
            read += count;
        return bytes[..read];
    }

    private static long NewestGeneration(string folder) =>
        (from path in Directory.EnumerateFiles(folder, FileName + ".*")
         let number = Path.GetFileName(path)[(FileName.Length + 1)..]
         select long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var generation) ? generation : 0)
        .DefaultIfEmpty(0).Max();

    private string PathOf(long generation) => PathOf(_folder, generation);

    private static string PathOf(string folder, long generation) => Path.Combine(folder, $"{FileName}.{generation}");

    private static string NewName() => RandomNumberGenerator.GetHexString(16);

    // What System.Text.Json throws for text that is no JSON, a missing property, another type, or a number out of range.
    private static bool IsMisshapen(Exception wrong) =>
        wrong is JsonException or KeyNotFoundException or InvalidOperationException or FormatException;

    private MetadataException Damaged(string how) => new(
        $"{_file.FullName} is damaged at byte {_position}: {how}. Restore it from a copy, " +
        "or remove it to begin a new cluster without its topics.");

    // Linux's numbers, the same on x64 and arm64.
    private const int OpenReadWrite = 2, OpenAppend = 0x400, OpenCloseOnExec = 0x80000;
    private const int ErrorNoEntry = 2, ErrorExists = 17;

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeFileHandle file, byte[] bytes, nuint count);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Link(string from, string to);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int SyncData(SafeFileHandle file);
}
