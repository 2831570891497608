using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Protocol.Records;
using Harness.Checking;
using Harness.Load.Running;
using Harness.Load.Wire;

namespace Harness.Load.Consuming;

/// <summary>One reader: a thread that fetches its partitions from every leader and shows what comes to a check.</summary>
/// <remarks>
/// The next fetch is sent before the last one's records are looked at, so broker and reader work at the same time. A partition whose
/// leader moved is looked for and gone on with at its offset; so is one whose connection was lost where <see cref="LoadSpec.Retries"/>
/// says that this is no finding.
/// </remarks>
internal sealed class Reader : IDisposable
{
    private const long LongestWait = 100 * Clock.Millisecond;
    private const long MendingWait = 2 * Clock.Millisecond; // how late it may be noticed that a leader is known or reached
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);

    private readonly LoadSpec _load;
    private readonly int[] _partitions;
    private readonly long[] _start;
    private readonly long[] _positions;
    private readonly Cluster _cluster;
    private readonly IBatchCheck? _check;
    private readonly ReaderTally _tally;
    private readonly RunControl _control;
    private readonly long _patience;
    private readonly List<(FetchLane Lane, List<int> Partitions)> _lanes = [];
    private readonly List<Orphan> _orphans = [];
    private readonly List<int> _wanted = [];
    private readonly LeaderWatch _watch;
    private readonly Openings<FetchLane> _openings;
    private PollEntry[] _polled = [];
    private long[]? _end;
    private long _toldAt;
    private long _lastProgress;

    /// <param name="load">The whole load.</param>
    /// <param name="number">Which of the readers, from 0.</param>
    /// <param name="partitions">What it reads.</param>
    /// <param name="start">From where on, by partition.</param>
    /// <param name="cluster">Who leads what.</param>
    /// <param name="check">Is shown every batch; null when nobody looks.</param>
    /// <param name="tally">What it counts.</param>
    /// <param name="control">How it is stopped.</param>
    public Reader(
        LoadSpec load, int number, int[] partitions, long[] start, Cluster cluster, IBatchCheck? check, ReaderTally tally, RunControl control)
    {
        (_load, Number, _partitions, _start, _cluster, _check, _tally, _control) = (load, number, partitions, start, cluster, check, tally, control);
        _positions = [.. start];
        _patience = Clock.Nanoseconds(load.Drain);
        var connectTimeout = load.RequestTimeout < ConnectTimeout ? load.RequestTimeout : ConnectTimeout;
        _watch = cluster.Watch(load.Topic, connectTimeout, load.RetryBackoff);
        _openings = new(leader => FetchLane.Create(leader, load, connectTimeout), Clock.Nanoseconds(load.RetryBackoff));
    }

    public int Number { get; }

    public IBatchCheck? Check => _check;

    public ReaderTally Tally => _tally;

    /// <summary>Times it came to the end. Valid when the thread has ended, as is the next.</summary>
    public int Passes { get; private set; }

    /// <summary>Partitions that ended before their end: what was there was not served.</summary>
    public List<string> Unserved { get; } = [];

    /// <summary>Records it had read that were gone when it came back: their partition's log had been cut.</summary>
    public long Vanished { get; private set; }

    private bool Survives => _load.Retries is not null;

    /// <summary>The offset it has come to. Valid when the thread has ended.</summary>
    public long PositionIn(int partition) => _positions[partition];

    /// <summary>Read until these offsets and no further; until it is told, a reader follows the log.</summary>
    public void StopAt(long[] end)
    {
        Volatile.Write(ref _toldAt, Clock.Now);
        Volatile.Write(ref _end, end);
    }

    /// <summary>Connects; before the thread starts.</summary>
    /// <exception cref="LoadException">The cluster does not answer.</exception>
    public void Prepare() => Connect();

    /// <summary>The thread: returns at the end of the log, of the time when it repeats, or when nothing comes any more.</summary>
    public void Run()
    {
        try
        {
            Syscalls.WakeOnTime();
            _tally.WaitForStart();
            _lastProgress = Clock.Now;
            for (var now = _lastProgress; !_control.Stopping; now = Clock.Now)
            {
                if (_orphans.Count > 0) Adopt(now);
                if (IsAtEnd() && !StartOver(now)) break;
                if (GivesUp(now)) break;

                for (var i = _lanes.Count - 1; i >= 0; i--) Fetch(_lanes[i].Lane, _lanes[i].Partitions, now);
                Wait();
            }
        }
        catch (LoadException problem)
        {
            _control.Fail($"reader {Number}: {problem.Message}");
        }
        finally
        {
            _tally.End(Clock.Now);
        }
    }

    public void Dispose()
    {
        _openings.Dispose();
        foreach (var (lane, _) in _lanes) lane.Dispose();
    }

    private bool IsAtEnd()
    {
        if (Volatile.Read(ref _end) is not { } end) return false;

        foreach (var partition in _partitions)
            if (_positions[partition] < end[partition]) return false;
        return true;
    }

    private bool StartOver(long now)
    {
        Passes++;
        if (!_load.Consume!.Repeat || now >= _tally.MeasureEnd) return false;

        _start.CopyTo(_positions, 0);
        (_check as StructureCheck)?.StartOver();
        return true;
    }

    private bool GivesUp(long now)
    {
        if (_load.Consume!.Repeat && now >= _tally.MeasureEnd) return true;
        if (Volatile.Read(ref _end) is not { } end || now - Math.Max(_lastProgress, Volatile.Read(ref _toldAt)) <= _patience) return false;

        foreach (var partition in _partitions)
            if (_positions[partition] < end[partition])
                Unserved.Add($"reader {Number} got nothing of partition {partition} from offset {_positions[partition]} on, which ends at {end[partition]}");
        return true;
    }

    private void Fetch(FetchLane lane, List<int> partitions, long now)
    {
        if (lane.IsBusy) return;

        var end = Volatile.Read(ref _end);
        _wanted.Clear();
        foreach (var partition in partitions)
            if (end is null || _positions[partition] < end[partition]) _wanted.Add(partition);
        if (_wanted.Count == 0) return;

        try
        {
            lane.Send(_wanted, _positions, now);
        }
        catch (LoadException) when (Survives)
        {
            Abandon(lane, now);
        }
    }

    private void Wait()
    {
        var polled = _polled; // losing a lane makes a new list
        Syscalls.Wait(polled, _orphans.Count > 0 ? MendingWait : LongestWait);
        var woken = Clock.Now;
        _tally.Roll(woken);
        for (var i = polled.Length - 1; i >= 0; i--) // the last first, as one may go
        {
            var (lane, partitions) = _lanes[i];
            try
            {
                if (lane.Link.HasUnsent) lane.Link.Send();
                if (polled[i].Ready != 0) Receive(lane, partitions);
                else if (lane.IsBusy && woken - lane.SentAt > Clock.Nanoseconds(_load.RequestTimeout + _load.Consume!.MaxWait))
                    throw new LoadException($"{lane.Leader} left a fetch unanswered for {_load.RequestTimeout.TotalSeconds:0.#} s");
            }
            catch (LoadException) when (Survives)
            {
                Abandon(lane, woken);
            }
        }
    }

    private void Receive(FetchLane lane, List<int> partitions)
    {
        if (!lane.Receive()) return;

        var arrived = Clock.Now;
        _tally.Fetched(arrived, arrived - lane.SentAt);
        foreach (var piece in lane.Pieces) Take(piece, partitions, arrived);
        Show(lane, partitions, arrived);
    }

    private void Take(in FetchedPiece piece, List<int> partitions, long now)
    {
        switch (piece.Error)
        {
            case ErrorCode.None:
                if (piece.NextOffset > _positions[piece.Partition]) _lastProgress = now;
                _positions[piece.Partition] = piece.NextOffset;
                _tally.Read(now, piece.Records, piece.Bytes);
                break;
            case ErrorCode.OffsetOutOfRange:
                FindBeginning(piece.Partition, partitions, now);
                break;
            case var error when SendErrors.MovesLeader(error) || error is ErrorCode.OffsetNotAvailable or ErrorCode.ReplicaNotAvailable:
                Leave(piece.Partition, partitions, now);
                break;
            default:
                throw new LoadException($"a fetch of partition {piece.Partition} was refused: {piece.Error}");
        }
    }

    private void Show(FetchLane lane, List<int> partitions, long now)
    {
        var askedAt = lane.SentAt;
        if (!IsAtEnd()) Fetch(lane, partitions, now);
        if (_check is null) return;

        foreach (var piece in lane.Pieces)
        {
            var delivery = new Delivery(piece.Partition, piece.HighWatermark, askedAt, now);
            foreach (var batch in new BatchReader(lane.Batches(piece))) _check.See(delivery, batch);
        }
    }

    // Retention was faster than the reader, or the log was cut. What is gone stays missing, and will be found to be lost.
    private void FindBeginning(int partition, List<int> partitions, long now)
    {
        long first, end;
        try
        {
            first = _cluster.Offsets(_load.Topic, ListOffsetsRequest.Earliest)[partition];
            end = Survives ? _cluster.Offsets(_load.Topic, ListOffsetsRequest.Latest)[partition] : long.MaxValue;
        }
        catch (LoadException) when (Survives)
        {
            Leave(partition, partitions, now);
            return;
        }

        var position = _positions[partition];
        if (first > position)
        {
            Unserved.Add($"partition {partition} begins at offset {first}, and reader {Number} had only come to {position}");
            _positions[partition] = first;
        }
        else if (end < position)
        {
            Vanished += position - end;
            Unserved.Add($"partition {partition} ends at offset {end}, and reader {Number} had read it up to {position}");
            _positions[partition] = end;
        }
        else if (!Survives)
        {
            throw new LoadException($"partition {partition} has no offset {position}");
        }
    }

    private void Leave(int partition, List<int> partitions, long now)
    {
        partitions.Remove(partition);
        _orphans.Add(new(partition, now, now + Clock.Nanoseconds(_load.RetryBackoff)));
    }

    private void Abandon(FetchLane lane, long now)
    {
        var index = _lanes.FindIndex(known => known.Lane == lane);
        foreach (var partition in _lanes[index].Partitions) _orphans.Add(new(partition, now, now));
        _lanes.RemoveAt(index);
        lane.Dispose();
        ListLanes();
    }

    private void Adopt(long now)
    {
        for (var i = _orphans.Count - 1; i >= 0; i--)
        {
            var (partition, since, until) = _orphans[i];
            if (!Survives && now - Math.Max(_lastProgress, since) > _patience) throw new LoadException($"partition {partition} has no leader");
            if (now < until || _watch.Leader(partition, since) is not { } leader) continue;

            var index = _lanes.FindIndex(lane => lane.Lane.Leader == leader);
            if (index < 0)
            {
                var opened = _openings.TryTake(leader, now, out var isDoubtful);
                if (isDoubtful) _orphans[i] = new(partition, now, until); // perhaps it does not lead any more
                if (opened is null) continue;

                index = _lanes.Count;
                _lanes.Add((opened, []));
                ListLanes();
            }

            _lanes[index].Partitions.Add(partition);
            _orphans.RemoveAt(i);
        }
    }

    private void Connect()
    {
        var leaders = _cluster.Leaders(_load.Topic);
        foreach (var partition in _partitions)
        {
            var index = _lanes.FindIndex(lane => lane.Lane.Leader == leaders[partition]);
            if (index < 0)
            {
                index = _lanes.Count;
                _lanes.Add((FetchLane.Create(leaders[partition], _load, _load.RequestTimeout), []));
            }

            _lanes[index].Partitions.Add(partition);
        }

        ListLanes();
    }

    private void ListLanes() => _polled = [.. _lanes.Select(lane => new PollEntry { Socket = lane.Lane.Link.Handle, Wanted = Syscalls.PollIn })];

    /// <param name="Partition">Which no lane reads.</param>
    /// <param name="Since">Who leads it must have been asked after this.</param>
    /// <param name="Until">Not to be taken up before.</param>
    private readonly record struct Orphan(int Partition, long Since, long Until);
}
