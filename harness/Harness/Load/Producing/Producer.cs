using Engine.Core;
using Engine.Protocol.Wire;
using Harness.Load.Running;
using Harness.Load.Sent;
using Harness.Load.Wire;

namespace Harness.Load.Producing;

/// <summary>One producer: a thread that fills batches as they are due, sends them and counts the answers.</summary>
/// <remarks>
/// The thread sleeps in one place only, until a socket is ready or the next batch is due, so answers are never kept
/// waiting by a send nor sends by an answer. A refused batch is counted as failed and never sent again. An idempotent
/// producer cannot go on behind a gap, so it then lets everything under way come to an end and takes a new id.
/// </remarks>
internal sealed class Producer : IBatchOutcome, IDisposable
{
    private const long LongestWait = 100 * Clock.Millisecond; // seconds are handed on at least this often
    private const long RecoveryPause = 100 * Clock.Millisecond;

    private readonly ProduceSpec _spec;
    private readonly LaneSettings _settings;
    private readonly Cluster _cluster;
    private readonly SentLedger _ledger;
    private readonly SentStream[] _streams;
    private readonly RunControl _control;
    private readonly List<LeaderLane> _lanes = [];
    private BatchFiller _filler = null!; // these two from Begin on
    private Schedule _schedule = null!;
    private LeaderLane[] _byPartition = [];
    private PollEntry[] _polled = [];
    private ProducerIdentity _identity = ProducerIdentity.None;
    private bool _recovering;
    private long _recoverAt;

    public Producer(LoadSpec load, int number, Cluster cluster, SentLedger ledger, RunControl control)
    {
        _spec = load.Produce!;
        _settings = new(load.Topic, load.ClientId, _spec.Acks, _spec.MaxInFlight, load.RequestTimeout);
        (_cluster, _ledger, _control) = (cluster, ledger, control);
        Number = number;
        _streams = ledger.OfProducer(number);
    }

    public int Number { get; }

    public ProducerTally Tally { get; private set; } = null!;

    /// <summary>Records sent that got no answer. Valid when the thread has ended, as are the next three.</summary>
    public long Unanswered { get; private set; }

    /// <summary>Records due that were not sent.</summary>
    public long NeverSent { get; private set; }

    /// <summary>CPU time of the thread over the measured time, in nanoseconds.</summary>
    public long MeasuredCpu { get; private set; }

    /// <summary>When it had nothing more to do.</summary>
    public long EndedAt { get; private set; }

    /// <summary>Connects and takes an id: what must not eat into the load's time.</summary>
    /// <exception cref="LoadException">The cluster does not answer.</exception>
    public void Prepare()
    {
        if (_spec.Idempotent) TakeIdentity();
        Connect();
    }

    /// <summary>Learns what to send and when; after <see cref="Prepare"/> and before <see cref="Run"/>.</summary>
    public void Begin(BatchFiller filler, ProducerTally tally, Schedule schedule)
    {
        (_filler, Tally, _schedule) = (filler, tally, schedule);
        _filler.Route(_byPartition);
    }

    /// <summary>The thread: returns when all is sent and answered, or given up.</summary>
    public void Run()
    {
        try
        {
            Syscalls.WakeOnTime();
            _schedule.WaitForStart();
            Drive();
        }
        catch (LoadException problem)
        {
            _control.Fail($"producer {Number}: {problem.Message}");
        }
        finally
        {
            Tally.Flush();
            EndedAt = Clock.Now;
            Unanswered = _lanes.Sum(lane => lane.UnansweredRecords);
            NeverSent = _lanes.Sum(lane => lane.WaitingRecords) + _filler.OpenRecords + _filler.CountRemaining();
        }
    }

    public void Sent(OutgoingBatch batch, long now, long free)
    {
        var stream = batch.Stream;
        stream.Journal?.Add(new(batch.FirstNumber, batch.Count, batch.FirstIntended, batch.LastIntended));
        stream.Sent = batch.FirstNumber + batch.Count;
        Tally.Sent(batch, now, free, planned: _spec.Arrival != Arrival.Closed);
    }

    public void Acked(OutgoingBatch batch, long sentAt, long now, long baseOffset)
    {
        var stream = batch.Stream;
        stream.Acked.Add(batch.FirstNumber, batch.FirstNumber + batch.Count);
        stream.AckedEndOffset = Math.Max(stream.AckedEndOffset, baseOffset < 0 ? 0 : baseOffset + batch.Count);
        Tally.Acked(batch, sentAt, now);
        _filler.Return(batch);
    }

    public void Failed(OutgoingBatch batch, ErrorCode error, long now)
    {
        Tally.Failed(batch, error);
        _filler.Return(batch);
        if (!_recovering) _recoverAt = now;
        _recovering |= _spec.Idempotent || error is ErrorCode.NotLeaderOrFollower or ErrorCode.LeaderNotAvailable or ErrorCode.UnknownTopicOrPartition;
    }

    public void Dispose()
    {
        foreach (var lane in _lanes) lane.Dispose();
    }

    private void Drive()
    {
        var cpu = new MeasuredCpuTime(_schedule);
        for (var now = Clock.Now; !_control.Stopping; now = Clock.Now)
        {
            cpu.At(now);
            Tally.Roll(now);
            var more = _filler.Fill(now);
            if (_recovering) Recover(now);
            else foreach (var lane in _lanes) Send(lane, now);

            if (_filler.Finished && IsIdle()) break;
            if (now >= _schedule.DrainEnd) break;

            Wait(now, more);
        }

        MeasuredCpu = cpu.End();
    }

    private void Send(LeaderLane lane, long now)
    {
        while (lane.CanSend && (lane.Waiting > 0 || _filler.CloseExpired(lane, now)))
        {
            var bytes = lane.SendRequest(_identity, now);
            Tally.SentRequest(now, bytes);
        }
    }

    private void Wait(long now, bool more)
    {
        var wake = more ? now : Math.Min(now + LongestWait, _recovering ? now + RecoveryPause : _filler.WakeAt(now));
        for (var i = 0; i < _lanes.Count; i++)
            _polled[i].Wanted = _lanes[i].HasUnsent ? (short)(Syscalls.PollIn | Syscalls.PollOut) : Syscalls.PollIn;
        Syscalls.Wait(_polled, wake - now);

        var woken = Clock.Now;
        for (var i = 0; i < _lanes.Count; i++)
        {
            if (_polled[i].Ready == 0)
            {
                if (woken - _lanes[i].OldestSend > Clock.Nanoseconds(_settings.Timeout))
                    throw new LoadException($"{_lanes[i].Leader} left a request unanswered for {_settings.Timeout.TotalSeconds:0.#} s");
                continue;
            }

            if ((_polled[i].Ready & Syscalls.PollOut) != 0) _lanes[i].Flush(woken);
            if ((_polled[i].Ready & ~Syscalls.PollOut) != 0) _lanes[i].Receive(woken);
        }
    }

    private bool IsIdle() => _filler.IsEmpty && _lanes.TrueForAll(lane => lane.Waiting == 0 && lane.UnderWay == 0);

    // Once nothing is under way: a new id, so that the gap is left behind, and the leaders as they are now.
    private void Recover(long now)
    {
        if (now < _recoverAt || _lanes.Exists(lane => lane.UnderWay > 0)) return;

        try
        {
            if (_spec.Idempotent) TakeIdentity();
            Connect();
            _filler.Route(_byPartition);
            _recovering = false;
        }
        catch (LoadException) when (now - _recoverAt < Clock.Nanoseconds(_settings.Timeout))
        {
            Thread.Sleep(Clock.Span(RecoveryPause)); // an election takes a moment; records stay due meanwhile
        }
    }

    private void TakeIdentity()
    {
        var (id, epoch) = _cluster.NewProducerId();
        _identity = new(id, epoch);
        _ledger.Register(id, Number);
    }

    private void Connect()
    {
        var leaders = _cluster.Leaders(_settings.Topic);
        foreach (var leader in leaders.Distinct().Where(leader => !_lanes.Exists(lane => lane.Leader == leader)))
            _lanes.Add(new LeaderLane(leader, _cluster.Version(leader, ApiKey.Produce), _settings, this));

        var waiting = new List<OutgoingBatch>();
        foreach (var lane in _lanes)
            while (lane.TryTakeBack(out var batch)) waiting.Add(batch);

        _byPartition = [.. leaders.Select(leader => _lanes.Find(lane => lane.Leader == leader)!)];
        foreach (var batch in waiting) _byPartition[batch.Stream.Partition].Enqueue(batch);
        _polled = [.. _lanes.Select(lane => new PollEntry { Socket = lane.Socket })];
    }
}
