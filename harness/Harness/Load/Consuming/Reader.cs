using Engine.Core;
using Engine.Protocol.Records;
using Harness.Load.Running;
using Harness.Load.Wire;

namespace Harness.Load.Consuming;

/// <summary>One reader: a thread that fetches its partitions from every leader and shows what comes to a check.</summary>
/// <remarks>The next fetch is sent before the last one's records are looked at, so broker and reader work at the same time.</remarks>
internal sealed class Reader : IDisposable
{
    private const long LongestWait = 100 * Clock.Millisecond;
    private const int ElectionPauseMs = 100;

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
    private readonly List<int> _wanted = [];
    private PollEntry[] _polled = [];
    private long[]? _end;
    private bool _leadersMoved;
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
    }

    public int Number { get; }

    public IBatchCheck? Check => _check;

    public ReaderTally Tally => _tally;

    /// <summary>Times it came to the end. Valid when the thread has ended, as is the next.</summary>
    public int Passes { get; private set; }

    /// <summary>Partitions that ended before their end: what was there was not served.</summary>
    public List<string> Unserved { get; } = [];

    /// <summary>Read until these offsets and no further; until it is told, a reader follows the log.</summary>
    public void StopAt(long[] end) => Volatile.Write(ref _end, end);

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
                if (_leadersMoved && _lanes.TrueForAll(lane => !lane.Lane.IsBusy)) Reconnect();
                if (IsAtEnd() && !StartOver(now)) break;
                if (GivesUp(now)) break;

                foreach (var (lane, partitions) in _lanes) Fetch(lane, partitions, now);
                Wait(now);
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
        if (now - _lastProgress <= _patience || Volatile.Read(ref _end) is not { } end) return false;

        foreach (var partition in _partitions)
            if (_positions[partition] < end[partition])
                Unserved.Add($"reader {Number} got nothing of partition {partition} from offset {_positions[partition]} on, which ends at {end[partition]}");
        return true;
    }

    private void Fetch(FetchLane lane, List<int> partitions, long now)
    {
        if (lane.IsBusy || _leadersMoved) return;

        var end = Volatile.Read(ref _end);
        _wanted.Clear();
        foreach (var partition in partitions)
            if (end is null || _positions[partition] < end[partition]) _wanted.Add(partition);
        if (_wanted.Count > 0) lane.Send(_wanted, _positions, now);
    }

    private void Wait(long now)
    {
        Syscalls.Wait(_polled, LongestWait);
        var woken = Clock.Now;
        _tally.Roll(woken);
        for (var i = 0; i < _lanes.Count; i++)
        {
            var (lane, partitions) = _lanes[i];
            if (lane.Link.HasUnsent) lane.Link.Send();
            if (_polled[i].Ready == 0)
            {
                if (lane.IsBusy && woken - lane.SentAt > Clock.Nanoseconds(_load.RequestTimeout + _load.Consume!.MaxWait))
                    throw new LoadException($"{lane.Leader} left a fetch unanswered for {_load.RequestTimeout.TotalSeconds:0.#} s");
                continue;
            }

            if (!lane.Receive()) continue;

            var arrived = Clock.Now;
            _tally.Fetched(arrived, arrived - lane.SentAt);
            foreach (var piece in lane.Pieces) Take(piece, arrived);
            Show(lane, partitions, arrived);
        }
    }

    private void Take(in FetchedPiece piece, long now)
    {
        switch (piece.Error)
        {
            case ErrorCode.None:
                if (piece.NextOffset > _positions[piece.Partition]) _lastProgress = now;
                _positions[piece.Partition] = piece.NextOffset;
                _tally.Read(now, piece.Records, piece.Bytes);
                break;
            case ErrorCode.OffsetOutOfRange:
                // Retention was faster than the reader. What it took away stays missing, and will be found to be lost.
                var first = _cluster.Offsets(_load.Topic, Engine.Protocol.Messages.ListOffsetsRequest.Earliest)[piece.Partition];
                Unserved.Add($"partition {piece.Partition} begins at offset {first}, and reader {Number} had only come to {_positions[piece.Partition]}");
                if (first <= _positions[piece.Partition]) throw new LoadException($"partition {piece.Partition} has no offset {_positions[piece.Partition]}");
                _positions[piece.Partition] = first;
                break;
            case ErrorCode.NotLeaderOrFollower or ErrorCode.LeaderNotAvailable or ErrorCode.UnknownTopicOrPartition or ErrorCode.OffsetNotAvailable:
                _leadersMoved = true;
                break;
            default:
                throw new LoadException($"a fetch of partition {piece.Partition} was refused: {piece.Error}");
        }
    }

    private void Show(FetchLane lane, List<int> partitions, long now)
    {
        if (!IsAtEnd()) Fetch(lane, partitions, now);
        if (_check is null) return;

        foreach (var piece in lane.Pieces)
            foreach (var batch in new BatchReader(lane.Batches(piece))) _check.See(piece.Partition, batch, now);
    }

    private void Reconnect()
    {
        Thread.Sleep(ElectionPauseMs);
        try
        {
            Connect();
            _leadersMoved = false;
        }
        catch (LoadException) when (Clock.Now - _lastProgress < _patience)
        {
            // An election takes a moment: the loop comes back here.
        }
    }

    private void Connect()
    {
        var leaders = _cluster.Leaders(_load.Topic);
        foreach (var (lane, partitions) in _lanes) partitions.Clear();
        foreach (var partition in _partitions)
        {
            var index = _lanes.FindIndex(lane => lane.Lane.Leader == leaders[partition]);
            if (index < 0)
            {
                index = _lanes.Count;
                _lanes.Add((FetchLane.Create(leaders[partition], _cluster, _load), []));
            }

            _lanes[index].Partitions.Add(partition);
        }

        _polled = [.. _lanes.Select(lane => new PollEntry { Socket = lane.Lane.Link.Handle, Wanted = Syscalls.PollIn })];
    }
}
