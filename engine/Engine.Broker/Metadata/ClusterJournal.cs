using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text.Json;
using Engine.Core.Cluster;
using Engine.Storage;
using Microsoft.Win32.SafeHandles;

namespace Engine.Broker.Metadata;

/// <summary>The cluster's records in one file that the nodes of a machine share, and the state that they lead to.</summary>
/// <remarks>
/// <para>Appending: take the lock, read what others appended, compare versions, write one line, fdatasync, let the lock go.
/// Reading needs no lock: a line counts once its line feed and checksum are there. Since every line is durable before the next
/// is begun, only the last can be torn, by a writer that died; the next writer writes over it.</para>
/// <para>A file that has grown is replaced by one that starts with the state: the rename is atomic and the generation in the
/// first line differs. Nobody keeps the file open, so nobody appends to one that was replaced.</para>
/// <para>One thread at a time.</para>
/// </remarks>
internal sealed partial class ClusterJournal
{
    public const string FileName = "cluster.journal";

    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(30);

    private readonly string _path;
    private readonly FileInfo _file;
    private readonly string _lockPath;
    private readonly long _compactAtBytes;

    private long _generation;
    private long _position;   // bytes of the file that State includes
    private long _baseBytes;  // of which the header and the line it starts from
    private (long Length, DateTime Written) _seen;
    private bool _failed;

    private ClusterJournal(string folder, long compactAtBytes)
    {
        _path = Path.Combine(folder, FileName);
        _file = new FileInfo(_path);
        _lockPath = Path.Combine(folder, "cluster.lock");
        _compactAtBytes = compactAtBytes;
    }

    /// <summary>What the journal said when it was last read.</summary>
    public ClusterState State { get; private set; } = ClusterState.Empty;

    /// <summary>Reads the journal of a folder, or begins one.</summary>
    /// <exception cref="MetadataException">Damaged, or not a journal.</exception>
    public static ClusterJournal Open(string folder, long compactAtBytes)
    {
        var journal = new ClusterJournal(folder, compactAtBytes);
        using var held = journal.Lock();
        if (!File.Exists(journal._path))
        {
            // The id looks as Kafka's do: 16 random bytes in 22 characters.
            var id = Base64Url.EncodeToString(Guid.NewGuid().ToByteArray());
            DurableFile.Write(journal._path, [.. JournalLine.Header(1), .. JournalLine.Entry(1, [new ClusterCreated(id)])]);
        }

        journal.Read();
        return journal;
    }

    /// <summary>Whether the file looks other than when it was last read.</summary>
    /// <remarks>One stat: cheap enough to ask a hundred times a second.</remarks>
    public bool HasChanged() => Look() != _seen;

    /// <summary>Brings <see cref="State"/> up to what is in the file.</summary>
    /// <exception cref="MetadataException">The journal is damaged.</exception>
    public void CatchUp()
    {
        try
        {
            Read();
        }
        catch (MetadataException)
        {
            // Without the lock a line may be seen while it replaces a torn one. With it, damage is damage.
            using var held = Lock();
            Read();
        }
    }

    /// <inheritdoc cref="IMetadataStore.TryAppend"/>
    public bool TryAppend(long expectedVersion, IReadOnlyList<ClusterRecord> records)
    {
        if (_failed) throw new IOException($"{_path} failed earlier and is not written to any more.");

        using var held = Lock();
        Read();
        if (State.Version != expectedVersion) return false;

        var next = records.Aggregate(State, (state, record) => state.Apply(record));
        Append(JournalLine.Entry(next.Version, records));
        State = next;
        if (_position > Math.Max(_compactAtBytes, 8 * _baseBytes)) Compact();
        return true;
    }

    private FileLock Lock() => FileLock.TryTake(_lockPath, LockPatience) ?? throw new IOException(
        $"another node has held {_lockPath} for {LockPatience.TotalSeconds} s: is it stopped in a debugger?");

    private void Read()
    {
        // Before the file is opened: what changes from here on makes HasChanged true again.
        _seen = Look();
        using var file = File.OpenHandle(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var (generation, headerBytes) = ReadHeader(file);
        if (generation != _generation)
        {
            _generation = generation;
            _position = headerBytes;
            _baseBytes = 0;
        }

        ReadOnlyMemory<byte> rest = ReadFrom(file, _position);
        while (rest.Span.IndexOf(JournalLine.End) is var end && end >= 0)
        {
            if (!JournalLine.TryCheck(rest[..end], out var json))
            {
                if (IsTorn(rest)) return;
                throw Damaged("a line's checksum is wrong");
            }

            Apply(json);
            _position += end + 1;
            if (_baseBytes == 0) _baseBytes = _position;
            rest = rest[(end + 1)..];
        }

        if (_baseBytes == 0) throw Damaged("the line it starts from is missing");
    }

    private void Apply(ReadOnlyMemory<byte> json)
    {
        try
        {
            var (version, records) = JournalLine.ReadEntry(json);
            if (_baseBytes == 0)
            {
                // A replaced file starts at or after the version this node had: it was written under the lock.
                State = ClusterState.Restore(version, records);
                return;
            }

            State = records.Aggregate(State, (state, record) => state.Apply(record));
            if (State.Version != version) throw Damaged($"it says version {version} where {State.Version} is due");
        }
        catch (Exception wrong) when (wrong is ClusterRecordException || IsMisshapen(wrong))
        {
            throw Damaged(wrong.Message);
        }
    }

    // The end of the file after its last whole line, when that may be what a dying writer left: cut short, or with pages that
    // never reached the disk and read as zeros. Anything else in the file was whole once.
    private static bool IsTorn(ReadOnlyMemory<byte> rest)
    {
        var sawZeros = false;
        while (rest.Span.IndexOf(JournalLine.End) is var end && end >= 0)
        {
            if (JournalLine.TryCheck(rest[..end], out _)) return false;
            sawZeros |= rest.Span[..end].Contains((byte)0);
            rest = rest[(end + 1)..];
        }

        return sawZeros;
    }

    private void Append(byte[] line)
    {
        using var file = File.OpenHandle(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            if (RandomAccess.GetLength(file) > _position) RandomAccess.SetLength(file, _position);
            RandomAccess.Write(file, line, _position);
            if (SyncData(file) != 0) throw new IOException($"fdatasync of {_path}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        catch (IOException)
        {
            // Whether the line is there is not known, and asking the disk again may be answered with a lie.
            _failed = true;
            throw;
        }

        _position += line.Length;
        _seen = Look();
    }

    private void Compact()
    {
        var header = JournalLine.Header(_generation + 1);
        var entry = JournalLine.Entry(State.Version, State.ToRecords());
        try
        {
            DurableFile.Write(_path, [.. header, .. entry]);
        }
        catch (IOException)
        {
            // Either file says the same; the next read finds out which it is.
            return;
        }

        Read();
    }

    private (long Generation, int Bytes) ReadHeader(SafeFileHandle file)
    {
        Span<byte> start = stackalloc byte[256];
        start = start[..RandomAccess.Read(file, start, 0)];
        var end = start.IndexOf(JournalLine.End);
        try
        {
            if (end > 0 && JournalLine.TryCheck(start[..end].ToArray(), out var json)
                && JournalLine.ReadHeader(json) is { } generation)
                return (generation, end + 1);
        }
        catch (Exception wrong) when (IsMisshapen(wrong))
        {
        }

        throw new MetadataException($"{_path} is not a cluster journal of this version: give another folder for the cluster, " +
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

    private (long, DateTime) Look()
    {
        _file.Refresh();
        return _file.Exists ? (_file.Length, _file.LastWriteTimeUtc) : throw new IOException($"{_path} is gone.");
    }

    // What System.Text.Json throws for text that is no JSON, a missing property, another type, or a number out of range.
    private static bool IsMisshapen(Exception wrong) =>
        wrong is JsonException or KeyNotFoundException or InvalidOperationException or FormatException;

    private MetadataException Damaged(string how) => new(
        $"{_path} is damaged at byte {_position}: {how}. Restore it from a copy, " +
        "or remove it to begin a new cluster without its topics.");

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int SyncData(SafeFileHandle file);
}
