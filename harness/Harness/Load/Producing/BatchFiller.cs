using Harness.Load.Content;
using Harness.Load.Running;
using Harness.Load.Sent;

namespace Harness.Load.Producing;

/// <summary>Turns due records into batches: which partition, which batch, when a batch is closed, when to come back.</summary>
/// <remarks>
/// Without keys, records fill one batch and then the next partition's, by turns. With keys, every partition has its own
/// open batch. A record is encoded when it is due and never before. When memory runs out, encoding stops and the plan
/// runs on: what is then sent late is late from its intended time.
/// </remarks>
internal sealed class BatchFiller
{
    private const long BufferBytes = 32 << 20; // as Kafka's producer (buffer.memory)
    private const long KeyedPatience = 100_000; // ns: how exactly the filling of one of many open batches is foreseen

    private readonly ProduceSpec _spec;
    private readonly RecordContent _content;
    private readonly SentStream[] _streams;
    private readonly int[] _partitions;
    private readonly Arrivals _arrivals;
    private readonly Schedule _schedule;
    private readonly LoadLimits _limits;
    private readonly long _linger;
    private readonly long _epochOffset;
    private readonly OutgoingBatch?[] _open;
    private readonly Stack<OutgoingBatch> _spare = [];
    private readonly ulong _partitionSequence;
    private Lane[] _lanes = [];
    private int _batchesLeft;
    private int _turn;
    private int _pendingPartition = -1;
    private long _records;
    private long _payloadBytes;

    /// <param name="spec">What to produce.</param>
    /// <param name="content">What records hold.</param>
    /// <param name="streams">The producer's streams by partition.</param>
    /// <param name="partitions">The partitions it may write to.</param>
    /// <param name="arrivals">When its records are due.</param>
    /// <param name="schedule">When the load ends.</param>
    /// <param name="limits">What else ends it.</param>
    public BatchFiller(
        ProduceSpec spec, RecordContent content, SentStream[] streams, int[] partitions, Arrivals arrivals, Schedule schedule, LoadLimits limits)
    {
        (_spec, _content, _streams, _partitions, _arrivals, _schedule, _limits) = (spec, content, streams, partitions, arrivals, schedule, limits);
        _linger = Clock.Nanoseconds(spec.Linger);
        _epochOffset = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * Clock.Millisecond - Clock.Now;
        _open = new OutgoingBatch?[streams.Length];
        _partitionSequence = content.PartitionSequence(streams[0].Producer);
        _turn = streams[0].Producer % partitions.Length; // so that producers do not begin at the same partition
    }

    /// <summary>Whether no record will be due any more.</summary>
    public bool Finished { get; private set; }

    /// <summary>Whether no batch is open.</summary>
    public bool IsEmpty => Array.TrueForAll(_open, batch => batch is null);

    /// <summary>Records encoded into batches that are still open.</summary>
    public long OpenRecords => _open.Sum(batch => batch?.Count ?? 0L);

    private bool IsClosedLoop => _spec.Arrival == Arrival.Closed;

    /// <summary>Says where batches go; before the first <see cref="Fill"/>.</summary>
    /// <param name="lanes">The way of each partition at this moment: whoever owns the list may change it.</param>
    /// <param name="mostLanes">Of how many lanes it can come to consist.</param>
    public void Route(Lane[] lanes, int mostLanes)
    {
        _lanes = lanes;
        var open = _content.HasKeys ? _partitions.Length : 1;
        var needed = open + mostLanes * (_spec.MaxInFlight + 1) + 1;
        _batchesLeft = IsClosedLoop ? needed : (int)Math.Max(needed, BufferBytes / _spec.BatchBytes);
    }

    /// <summary>Takes a batch back for reuse.</summary>
    public void Return(OutgoingBatch batch) => _spare.Push(batch);

    /// <summary>Encodes due records until one batch is full; false when nothing more can be encoded now.</summary>
    public bool Fill(long now)
    {
        _arrivals.At(now);
        while (!Finished && _arrivals.Next is var intended && intended <= now)
        {
            if (intended >= _schedule.MeasureEnd || _records >= _limits.Records || _payloadBytes >= _limits.Bytes)
            {
                Finished = true;
                return false;
            }

            var partition = NextPartition();
            if (partition < 0) return false;

            var timestampMs = (intended + _epochOffset) / Clock.Millisecond;
            var batch = _open[partition] ?? Open(partition, timestampMs);
            if (batch is null) return false;

            var before = batch.PayloadBytes;
            if (!batch.TryAppend(intended, timestampMs))
            {
                Close(partition, intended);
                continue;
            }

            _payloadBytes += batch.PayloadBytes - before;
            _records++;
            _pendingPartition = -1;
            _arrivals.Advance();
            if (!batch.IsFull) continue;

            Close(partition, intended);
            return true;
        }

        return false;
    }

    /// <summary>Closes all open batches that go a lane's way if one of them has lingered long enough.</summary>
    public bool CloseExpired(Lane lane, long now)
    {
        if (FirstLinger(lane) > now) return false;

        for (var partition = 0; partition < _open.Length; partition++)
            if (_open[partition] is { } batch && _lanes[partition] == lane) Close(partition, batch.FirstIntended + _linger);
        return true;
    }

    /// <summary>When there will be something to do although nothing arrives: a batch to close or the next to fill.</summary>
    public long WakeAt(long now)
    {
        // What keeps a closed loop, or one out of memory, from filling the next batch is an answer that has not come.
        var waitsForAnswer = IsClosedLoop || _batchesLeft + _spare.Count == 0;
        var wake = Finished || waitsForAnswer ? long.MaxValue : Math.Min(_arrivals.Next + _linger, FullAt(now));
        for (var partition = 0; partition < _open.Length; partition++)
            if (_open[partition] is { } batch && _lanes[partition].CanSend) wake = Math.Min(wake, batch.FirstIntended + _linger);
        return wake;
    }

    /// <summary>How many records of the plan were not even encoded.</summary>
    public long CountRemaining()
    {
        if (IsClosedLoop) return 0;

        var remaining = 0L;
        for (; _arrivals.Next < _schedule.MeasureEnd && _records + remaining < _limits.Records && !Finished; remaining++) _arrivals.Advance();
        return remaining;
    }

    private int NextPartition()
    {
        if (_content.HasKeys)
        {
            if (_pendingPartition < 0) _pendingPartition = _content.PartitionOf(_partitionSequence, _records);
            return IsClosedLoop && _lanes[_pendingPartition].Waiting > _spec.MaxInFlight ? -1 : _pendingPartition;
        }

        var current = _partitions[_turn];
        if (_open[current] is not null || !IsClosedLoop) return current;

        // Closed: whichever leader has room, the next in turn first.
        for (var i = 0; i < _partitions.Length; i++, _turn = (_turn + 1) % _partitions.Length)
            if (_lanes[_partitions[_turn]] is var lane && lane.Waiting + lane.UnderWay < _spec.MaxInFlight) return _partitions[_turn];
        return -1;
    }

    private OutgoingBatch? Open(int partition, long timestampMs)
    {
        if (!_spare.TryPop(out var batch))
        {
            if (_batchesLeft == 0) return null;
            _batchesLeft--;
            batch = new((int)_spec.BatchBytes, _spec.TemplateMode ? _streams[0].Records : null);
        }

        batch.Begin(_streams[partition], timestampMs);
        return _open[partition] = batch;
    }

    private void Close(int partition, long due)
    {
        var batch = _open[partition]!;
        batch.Due = IsClosedLoop ? due : Math.Min(due, batch.FirstIntended + _linger);
        _open[partition] = null;
        _lanes[partition].Enqueue(batch);
        if (!_content.HasKeys) _turn = (_turn + 1) % _partitions.Length;
    }

    private long FirstLinger(Lane lane)
    {
        var first = long.MaxValue;
        for (var partition = 0; partition < _open.Length; partition++)
            if (_open[partition] is { } batch && _lanes[partition] == lane) first = Math.Min(first, batch.FirstIntended + _linger);
        return first;
    }

    // Without keys the record that will fill the batch is known, exactly when sizes and gaps are constant. With keys nobody
    // knows where records will go: look again when the fullest batch could be full if it got them all.
    private long FullAt(long now)
    {
        var recordBytes = _content.MeanRecordBytes + 10;
        var room = (double)_spec.BatchBytes;
        foreach (var batch in _open)
        {
            if (batch is null || batch.RemainingBytes >= room) continue;
            room = batch.RemainingBytes;
            recordBytes = (double)(batch.SizeBytes - Engine.Protocol.Records.BatchHeader.Size) / batch.Count;
        }

        var records = Math.Max(1, Math.Floor(room / recordBytes));
        var fullAt = _arrivals.Next + (long)Math.Min((records - 1) * _arrivals.MeanGap, Clock.Second);
        return _content.HasKeys ? Math.Max(fullAt, now + KeyedPatience) : fullAt;
    }
}

/// <summary>What ends one producer's load besides the clock.</summary>
internal sealed record LoadLimits(long Records, long Bytes);
