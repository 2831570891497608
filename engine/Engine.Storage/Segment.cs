using System.Numerics;
using Engine.Core;
using Engine.Protocol.Records;
using Engine.Protocol.Wire;
using Engine.Storage.Soundness;

namespace Engine.Storage;

/// <summary>One file's worth of a log: its batches, and where in the file each of them is.</summary>
/// <remarks>
/// Grows by one thread, read by any without locks. Where a batch begins is known from memory for the newest
/// ones, and otherwise from the sparse index and a few header reads. A closed segment's indexes are read back when asked for.
/// </remarks>
internal sealed class Segment
{
    private const int HeaderWindowBytes = 4096;

    private readonly Lock _rebuilding = new();
    private readonly int _indexIntervalBytes;
    private RecentBoundaries? _recent;
    private OffsetIndex? _index;
    private TimeIndex? _times;
    private BoundaryMarks? _marks; // Made by the first reader that needs them.
    private long _sizeBytes;
    private long _flushedBytes;
    private long _unindexedBytes;
    private long _maxTimestamp = -1;
    private long _maxTimestampOffset;
    private bool _isIndexUsed;

    /// <summary>An empty segment, to be grown; its indexes at first have room for as many entries as those of <paramref name="previous"/>.</summary>
    /// <remarks>With <paramref name="isMade"/> false, that of a log that was never written to: it has no file, and never grows.</remarks>
    public Segment(SegmentFile file, long baseOffset, int indexIntervalBytes, Segment? previous = null, bool isMade = true)
    {
        File = file;
        BaseOffset = baseOffset;
        NextOffset = baseOffset;
        _indexIntervalBytes = indexIntervalBytes;
        _maxTimestampOffset = baseOffset;
        Soundness = new SegmentSoundness(this);
        IsMade = isMade;
        IsNameDurable = !isMade;
        if (!isMade) return; // Ten thousand of these may be kept: nothing is taken for what does not come.

        _recent = new RecentBoundaries(new LogPosition(baseOffset, 0));
        _index = new OffsetIndex(baseOffset, expectedEntries: previous?._index?.Count ?? 0);
        _times = new TimeIndex(baseOffset, expectedEntries: previous?._times?.Count ?? 0);
    }

    /// <summary>A closed segment that is trusted as it lies on disk.</summary>
    public Segment(SegmentFile file, long baseOffset, long nextOffset, long sizeBytes, int indexIntervalBytes)
    {
        File = file;
        BaseOffset = baseOffset;
        NextOffset = nextOffset;
        _indexIntervalBytes = indexIntervalBytes;
        _sizeBytes = sizeBytes;
        Soundness = new SegmentSoundness(this);
        Soundness.TakeOnTrust(sizeBytes, nextOffset);
        FlushedBytes = sizeBytes;
        IsNameDurable = true;
    }

    /// <summary>A segment that goes on from indexes found on disk, which cover it up to the last indexed batch.</summary>
    public Segment(SegmentFile file, long baseOffset, int indexIntervalBytes, OffsetIndex index, TimeIndex times)
        : this(file, baseOffset, indexIntervalBytes)
    {
        _index = index;
        _times = times;
        (_maxTimestamp, _maxTimestampOffset) = times.Last;
    }

    public SegmentFile File { get; }

    /// <summary>Whether the file is there.</summary>
    public bool IsMade { get; } = true;

    public long BaseOffset { get; }

    /// <summary>Which of its bytes are known to be as they were written.</summary>
    public SegmentSoundness Soundness { get; }

    /// <summary>The offset after the last record's. Only for the writer, and for anyone once the segment is closed.</summary>
    public long NextOffset { get; private set; }

    public long SizeBytes => Volatile.Read(ref _sizeBytes);

    /// <summary>Held while the file is flushed.</summary>
    public Lock Syncing { get; } = new();

    /// <summary>Bytes known to be durable; equal to the size of a closed segment once it is.</summary>
    public long FlushedBytes
    {
        get => Volatile.Read(ref _flushedBytes);
        set => Volatile.Write(ref _flushedBytes, value);
    }

    /// <summary>Whether the file's name in its folder is known to survive a power cut.</summary>
    public bool IsNameDurable { get; set; }

    /// <summary>When the first batch was appended; <see cref="Instant.Never"/> while there is none or it is not known.</summary>
    public Instant FirstAppend { get; set; } = Instant.Never;

    /// <summary>The largest timestamp of its records, and the last offset of the batch that first had it; (-1, base) without records.</summary>
    public (long Timestamp, long Offset) MaxTimestamp
    {
        get
        {
            var timestamp = Volatile.Read(ref _maxTimestamp);
            if (timestamp >= 0) return (timestamp, Volatile.Read(ref _maxTimestampOffset));
            return SizeBytes == 0 ? (-1, BaseOffset) : Times.Last;
        }
    }

    public bool IsFlushed => IsNameDurable && FlushedBytes == SizeBytes;

    /// <summary>Where some of its batches begin.</summary>
    public OffsetIndex OffsetIndex => Index;

    public TimeIndex Times => Volatile.Read(ref _times) ?? LoadTimes();

    private OffsetIndex Index
    {
        get
        {
            if (!_isIndexUsed) _isIndexUsed = true;
            return Volatile.Read(ref _index) ?? LoadIndex();
        }
    }

    private string IndexPath => IndexPaths(File.Path).Offsets;

    private string TimesPath => IndexPaths(File.Path).Times;

    /// <summary>Takes note of batches that have been written at the segment's end. For the writer.</summary>
    public void Append(ReadOnlySpan<byte> batches)
    {
        while (batches.Length > 0)
        {
            var header = new BatchHeader(batches);
            Append(header);
            batches = batches[header.SizeBytes..];
        }
    }

    /// <summary>Takes note of one batch that has been written at the segment's end. For the writer and for recovery.</summary>
    public void Append(BatchHeader header)
    {
        // The order in which Kafka does it: first the index entry for the batch, then its bytes count towards the next entry.
        if (header.MaxTimestamp > _maxTimestamp)
        {
            Volatile.Write(ref _maxTimestampOffset, header.LastOffset);
            Volatile.Write(ref _maxTimestamp, header.MaxTimestamp);
        }

        if (_unindexedBytes > _indexIntervalBytes)
        {
            _index!.Add(header.LastOffset, _sizeBytes);
            _times!.Add(_maxTimestamp, _maxTimestampOffset);
            _unindexedBytes = 0;
        }

        _unindexedBytes += header.SizeBytes;
        NextOffset = header.NextOffset;
        // The size before the boundary: whoever knows the boundary may read up to it.
        Volatile.Write(ref _sizeBytes, _sizeBytes + header.SizeBytes);
        var recent = _recent!.WithRoom();
        recent.Add(new LogPosition(NextOffset, _sizeBytes));
        if (recent != _recent) Volatile.Write(ref _recent, recent);
    }

    /// <summary>Moves on behind the last indexed batch. For recovery.</summary>
    public void SkipTo(BatchHeader lastIndexed, long end)
    {
        NextOffset = lastIndexed.NextOffset;
        _sizeBytes = end;
        _unindexedBytes = lastIndexed.SizeBytes;
        _recent = new RecentBoundaries(new LogPosition(NextOffset, end));
    }

    /// <summary>Goes on behind a stretch that is damaged and stays in the file. For recovery.</summary>
    public void Skip(Damage damage)
    {
        NextOffset = damage.NextOffset;
        _unindexedBytes = long.MaxValue / 2; // The next batch is indexed, so that nobody needs to find it again.
        Volatile.Write(ref _sizeBytes, damage.End);
        _recent!.Add(new LogPosition(NextOffset, _sizeBytes));
    }

    /// <summary>The boundary of the batch that holds <paramref name="offset"/>, or the end when that is the next offset.</summary>
    /// <remarks>Allocates nothing. The caller holds a reference to the file.</remarks>
    /// <exception cref="DamagedLogException">That batch is damaged.</exception>
    /// <exception cref="InvalidDataException">The file's batches do not hang together.</exception>
    public LogPosition Find(long offset) => Find(offset, out _);

    /// <inheritdoc cref="Find(long)"/>
    /// <param name="offset">The offset.</param>
    /// <param name="batchBytes">The size of the batch there; 0 where it was found without a look at it.</param>
    public LogPosition Find(long offset, out int batchBytes)
    {
        if (TryRecall(offset, out var boundary, out batchBytes)) return boundary;
        var isDamaged = Soundness.Damages.Length > 0;
        if (!isDamaged && TryScan(Index, offset, out boundary, out batchBytes)) return boundary;

        // An index read from disk looked sound and led astray: a stale file under a good name. Make it again, once.
        if (!isDamaged && Volatile.Read(ref _recent) is null && TryScan(Rebuild(), offset, out boundary, out batchBytes)) return boundary;
        batchBytes = 0;
        return Soundness.Find(offset);
    }

    /// <summary>The same for a caller that may not wait for the disk; false when it takes one who may. The file is open.</summary>
    public bool TryFindCached(long offset, out LogPosition boundary, out int batchBytes)
    {
        if (TryRecall(offset, out boundary, out batchBytes)) return true;
        if (Volatile.Read(ref _index) is not { } index) return false;

        _isIndexUsed = true;
        return TryScan(index, offset, out boundary, out batchBytes, mayWait: false);
    }

    /// <summary>
    /// The last boundary known without I/O at or before <paramref name="position"/>, from <paramref name="first"/> on, or
    /// <paramref name="first"/> itself.
    /// </summary>
    public long BoundaryBefore(long position, long first)
    {
        if (Volatile.Read(ref _recent) is { } recent && recent.TryFloorPosition(position, out var boundary)) return Math.Max(first, boundary.Bytes);
        return Math.Max(first, Index.BoundaryBefore(position));
    }

    /// <summary>The size of the batch that begins at <paramref name="position"/>.</summary>
    public int BatchBytes(long position) =>
        TryBatchBytes(position, mayWait: true, out var bytes) ? bytes : throw new InvalidDataException($"{File.Path} holds no batch at {position}");

    /// <summary>The same; false when there is no batch, or none that can be looked at without waiting for the disk.</summary>
    public bool TryBatchBytes(long position, bool mayWait, out int bytes)
    {
        var scan = new HeaderScan(File, position, SizeBytes, stackalloc byte[BatchHeader.Size], mayWait);
        bytes = scan.MoveNext() ? scan.Header.SizeBytes : 0;
        if (bytes > 0) Mark(scan);
        return bytes > 0;
    }

    /// <summary>The indexes as they are now, in the form they have on disk. Not while the segment grows.</summary>
    public (byte[] Offsets, byte[] Times) SnapshotIndexes()
    {
        // The last entry tells the youngest record's age without a look at the log.
        Times.Add(_maxTimestamp, _maxTimestampOffset);
        return (Index.ToBytes(), Times.ToBytes());
    }

    /// <summary>The same of the batches before a batch boundary, and that boundary's offset. Also while the segment grows.</summary>
    /// <remarks>The caller holds a reference to the file.</remarks>
    public (byte[] Offsets, byte[] Times, long NextOffset) SnapshotIndexesBefore(long position)
    {
        // The boundary itself may be known to no index: walk there from the last batch that is.
        var scan = new HeaderScan(File, Index.BoundaryBefore(position - 1), position, stackalloc byte[HeaderWindowBytes]);
        var next = BaseOffset;
        while (scan.MoveNext()) next = scan.Header.NextOffset;
        return (Index.ToBytes(position), Times.ToBytes(next), next);
    }

    /// <summary>Writes indexes to disk, where they replace what was there. Unflushed: they are checked before they are used.</summary>
    /// <returns>Their <see cref="IndexCheck"/>.</returns>
    public uint WriteIndexes(byte[] offsets, byte[] times)
    {
        DurableFile.WriteUnflushed(IndexPath, offsets, File.Calls);
        DurableFile.WriteUnflushed(TimesPath, times, File.Calls);
        return IndexCheck(offsets, times);
    }

    /// <summary>By which a pair of index files is known again, as their format has no room for a checksum.</summary>
    public static uint IndexCheck(ReadOnlySpan<byte> offsets, ReadOnlySpan<byte> times) =>
        Crc32C.Compute(offsets) ^ BitOperations.RotateLeft(Crc32C.Compute(times), 16);

    /// <summary>Drops from memory what can be read back from disk. Only once closed and written.</summary>
    public void ForgetIndexes()
    {
        Volatile.Write(ref _recent, null);
        Volatile.Write(ref _index, null);
        Volatile.Write(ref _times, null);
    }

    /// <summary>The same, for a closed segment that nobody has looked into since the last call.</summary>
    public void ForgetIdleIndexes()
    {
        if (Volatile.Read(ref _recent) is not null) return; // Not written yet.
        if (!_isIndexUsed) ForgetIndexes();
        _isIndexUsed = false;
    }

    /// <summary>The files that go with a <c>.log</c> file.</summary>
    public static (string Offsets, string Times) IndexPaths(string logPath) =>
        (Path.ChangeExtension(logPath, ".index"), Path.ChangeExtension(logPath, ".timeindex"));

    private bool TryRecall(long offset, out LogPosition boundary, out int batchBytes)
    {
        batchBytes = 0;
        if (Volatile.Read(ref _recent) is { } recent && recent.TryFloorOffset(offset, out boundary)) return true;

        boundary = default;
        return Volatile.Read(ref _marks) is { } marks && marks.TryGet(offset, out boundary);
    }

    private void Mark(in HeaderScan scan)
    {
        // A damaged header may name any place: what is taken on trust is not passed on before it is checked.
        if (!Soundness.Knows(scan.Position, scan.Next)) return;
        if (Volatile.Read(ref _marks) is null) Interlocked.CompareExchange(ref _marks, new BoundaryMarks(BaseOffset), null);
        _marks!.Add(scan.Header.NextOffset, scan.Next);
    }

    private bool TryScan(OffsetIndex index, long offset, out LogPosition boundary, out int batchBytes, bool mayWait = true)
    {
        batchBytes = 0;
        var end = SizeBytes;
        var from = index.PositionBefore(offset);
        var scan = new HeaderScan(File, from, end, stackalloc byte[HeaderWindowBytes], mayWait);
        boundary = default;
        var next = -1L;
        while (scan.MoveNext())
        {
            // Compaction leaves gaps: the batch behind one stands for the offsets in it. At the segment's begin there may be one too,
            // but an index that names a batch behind the offset is wrong.
            if (scan.Header.BaseOffset < next || (next < 0 && from > 0 && scan.Header.BaseOffset > offset)) return false;
            next = scan.Header.NextOffset;
            boundary = new LogPosition(scan.Header.BaseOffset, scan.Position);
            if (offset >= next) continue;

            batchBytes = scan.Header.SizeBytes;
            Mark(scan);
            return true;
        }

        // The offset after the last one: its batch is yet to come, and will begin where the file now ends.
        boundary = new LogPosition(offset, scan.Position);
        return scan.Position == end && (next == offset || (end == 0 && offset == BaseOffset));
    }

    /// <summary>Shows the headers of the batches from <paramref name="offset"/> to <paramref name="endOffset"/>, but for those that are damaged.</summary>
    public void VisitBatches(long offset, long endOffset, BatchVisitor visit)
    {
        Span<byte> window = stackalloc byte[HeaderWindowBytes];
        while (offset < Math.Min(endOffset, NextOffset))
        {
            try
            {
                var next = offset;
                var scan = new HeaderScan(File, Find(offset).Bytes, SizeBytes, window);
                while (scan.MoveNext() && scan.Header.BaseOffset < endOffset)
                {
                    // Only the first may begin before what was asked for, being the batch that holds it.
                    if (next == offset ? scan.Header.NextOffset <= offset : scan.Header.BaseOffset < next) break;
                    if (scan.Header.BaseOffset > next && Soundness.Find(next).Bytes != scan.Position) break; // A gap, or damage.
                    visit(scan.Header);
                    next = scan.Header.NextOffset;
                }

                if (next == offset)
                {
                    _ = Soundness.Find(offset); // No header there that can be believed: this says what is damaged.
                    return;
                }

                offset = next;
            }
            catch (DamagedLogException damaged)
            {
                offset = damaged.Damage.NextOffset;
            }
        }
    }

    /// <summary>Takes note of another segment's batches up to a boundary, and of what is damaged among them.</summary>
    public void AppendFrom(Segment other, long endBytes)
    {
        var scan = new HeaderScan(File, 0, endBytes, stackalloc byte[HeaderWindowBytes]);
        while (scan.MoveNext() && scan.Header.BaseOffset >= NextOffset && scan.Header.NextOffset <= other.NextOffset) Append(scan.Header);
        if (SizeBytes >= endBytes) return;

        // The headers do not hang together: what they said may be wrong from the begin on.
        Clear();
        using var walk = new BatchWalk(File, 0, endBytes, BaseOffset, other.NextOffset);
        while (walk.Position < endBytes)
        {
            if (walk.MoveNext())
            {
                Append(walk.Header);
                continue;
            }

            var damage = other.Soundness.DamageAt(walk.Position) ?? other.Soundness.Note(walk.Position, walk.NextOffset, endBytes, other.NextOffset);
            walk.SkipTo(damage);
            Skip(damage);
        }
    }

    private void Clear()
    {
        (NextOffset, _sizeBytes, _unindexedBytes) = (BaseOffset, 0, 0);
        (_maxTimestamp, _maxTimestampOffset) = (-1, BaseOffset);
        _recent = new RecentBoundaries(new LogPosition(BaseOffset, 0));
        _index = new OffsetIndex(BaseOffset);
        _times = new TimeIndex(BaseOffset);
    }

    private OffsetIndex LoadIndex()
    {
        var bytes = DurableFile.TryRead(IndexPath);
        var index = bytes is null ? null : OffsetIndex.Parse(bytes, BaseOffset, NextOffset, SizeBytes);
        if (index is null || !Agrees(index)) return Rebuild();

        Volatile.Write(ref _index, index);
        return index;
    }

    /// <summary>Whether some of the batches that the index names are where it says, and none behind the last is missing.</summary>
    private bool Agrees(OffsetIndex index)
    {
        if (!index.AgreesWith(File, SizeBytes)) return false;

        // A batch that begins further from the last indexed one than the interval would have been indexed.
        var last = index.Last.Position;
        var scan = new HeaderScan(File, last, SizeBytes, stackalloc byte[HeaderWindowBytes]);
        while (scan.MoveNext())
        {
            if (scan.Position - last > _indexIntervalBytes) return false;
        }

        return scan.Position == SizeBytes;
    }

    /// <summary>Whether no batch is younger than the index's last entry says, and the batch it names is as young.</summary>
    /// <remarks>Where timestamps grow with offsets, which is nearly always, this looks at one header.</remarks>
    public bool Agrees(TimeIndex times)
    {
        var (timestamp, offset) = times.Last;
        if (SizeBytes == 0) return timestamp < 0;

        var from = 0L;
        try
        {
            if (timestamp >= 0) from = Find(offset).Bytes;
        }
        catch (DamagedLogException)
        {
            return false;
        }

        var scan = new HeaderScan(File, from, SizeBytes, stackalloc byte[HeaderWindowBytes]);
        if (!scan.MoveNext() || scan.Header.MaxTimestamp != timestamp || (timestamp >= 0 && scan.Header.LastOffset != offset)) return false;
        while (scan.MoveNext())
        {
            if (scan.Header.MaxTimestamp > timestamp) return false;
        }

        return true;
    }

    private TimeIndex LoadTimes()
    {
        var bytes = DurableFile.TryRead(TimesPath);
        var times = bytes is null ? null : TimeIndex.Parse(bytes, BaseOffset, NextOffset);
        if (times is null || !Agrees(times))
        {
            Rebuild();
            return Volatile.Read(ref _times) ?? new TimeIndex(BaseOffset);
        }

        Volatile.Write(ref _times, times);
        return times;
    }

    /// <summary>Makes a closed segment's indexes again from its batch headers, in memory and on disk.</summary>
    private OffsetIndex Rebuild()
    {
        lock (_rebuilding)
        {
            var made = new Segment(File, BaseOffset, _indexIntervalBytes);
            made.AppendFrom(this, SizeBytes);
            var (offsets, times) = made.SnapshotIndexes();
            try
            {
                WriteIndexes(offsets, times);
            }
            catch (IOException)
            {
                // The disk may be full: in memory they serve as well, until the next start.
            }

            Volatile.Write(ref _maxTimestampOffset, made._maxTimestampOffset);
            Volatile.Write(ref _maxTimestamp, made._maxTimestamp);
            Volatile.Write(ref _times, made._times);
            Volatile.Write(ref _index, made._index);
            return made._index!;
        }
    }
}
