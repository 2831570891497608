using Engine.Core;
using Harness.Checking;
using Harness.Load.Running;
using Harness.Load.Sent;
using Harness.Load.Wire;

namespace Harness.Load.Producing;

/// <summary>One producer: a thread that fills batches as they are due, sends them and counts the answers.</summary>
/// <remarks>
/// The thread sleeps in one place only, until a socket is ready or the next batch is due, so answers are never kept
/// waiting by a send nor sends by an answer. What becomes of a batch whose request fails is <see cref="LoadSpec.Retries"/>'
/// to say: sent again, by the same sequence numbers, or counted as failed. An idempotent producer cannot go on behind a batch
/// that is given up, so it then lets everything sent come to an end and takes a new id. The plan of intended times runs on
/// through all of this.
/// </remarks>
internal sealed class Producer : IBatchOutcome, IDisposable
{
    private const long LongestWait = 100 * Clock.Millisecond; // seconds are handed on at least this often
    private const long MendingWait = 2 * Clock.Millisecond; // how late it may be noticed that a leader is known or reached

    private readonly LoadSpec _load;
    private readonly ProduceSpec _spec;
    private readonly LaneSettings _settings;
    private readonly Cluster _cluster;
    private readonly SentStream[] _streams;
    private readonly RunControl _control;
    private readonly HistoryLog? _log;
    private readonly Routes _routes;
    private readonly OwnIdentity _identity;
    private BatchFiller _filler = null!; // these two from Begin on
    private Schedule _schedule = null!;

    public Producer(LoadSpec load, int number, Cluster cluster, SentLedger ledger, RunControl control, HistoryLog? log = null)
    {
        _load = load;
        _log = log;
        _spec = load.Produce!;
        _settings = new(load.Topic, load.ClientId, _spec.Acks, _spec.MaxInFlight, load.RequestTimeout, load.RetryBackoff);
        (_cluster, _control) = (cluster, control);
        Number = number;
        _streams = ledger.OfProducer(number);
        _routes = new(_streams, cluster, _settings, this);
        _identity = new(cluster, ledger, number, load);
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

    private bool Survives => _load.Retries is not null;

    /// <summary>Connects and takes an id: what must not eat into the load's time.</summary>
    /// <exception cref="LoadException">The cluster does not answer.</exception>
    public void Prepare()
    {
        if (_spec.Idempotent) _identity.Take();
        _routes.Connect(_cluster);
    }

    /// <summary>Learns what to send and when; after <see cref="Prepare"/> and before <see cref="Run"/>.</summary>
    public void Begin(BatchFiller filler, ProducerTally tally, Schedule schedule)
    {
        (_filler, Tally, _schedule) = (filler, tally, schedule);
        _filler.Route(_routes.ByPartition, mostLanes: Survives ? _streams.Length : _routes.Lanes.Count);
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
            Settle();
            Tally.Flush();
            EndedAt = Clock.Now;
        }
    }

    public void Sent(OutgoingBatch batch, long now, long free)
    {
        var stream = batch.Stream;
        stream.UnderWay++;
        if (batch.Attempts++ > 0)
        {
            Tally.Resent(batch);
            return;
        }

        batch.FirstSentAt = now;
        stream.Journal?.Add(new(batch.FirstNumber, batch.Count, batch.FirstIntended, batch.LastIntended));
        stream.Sent = batch.FirstNumber + batch.Count;
        Tally.Sent(batch, now, free, planned: _spec.Arrival != Arrival.Closed);
    }

    public void Acked(OutgoingBatch batch, long sentAt, long now, long baseOffset)
    {
        var stream = batch.Stream;
        stream.UnderWay--;
        stream.Acked.Add(batch.FirstNumber, batch.FirstNumber + batch.Count);
        stream.AckedEndOffset = Math.Max(stream.AckedEndOffset, baseOffset < 0 ? 0 : baseOffset + batch.Count);
        Tally.Acked(batch, sentAt, now);
        Note(batch, _spec.Acks == 0 ? Outcome.Info : Outcome.Ok, baseOffset, now);
        _filler.Return(batch);
    }

    public void Failed(OutgoingBatch batch, ErrorCode error, long sentAt, long now)
    {
        // Stored before, and the broker no longer remembers where: Kafka's producer takes it for an acknowledgement, too.
        if (error == ErrorCode.DuplicateSequenceNumber)
        {
            Acked(batch, sentAt, now, baseOffset: -1);
            return;
        }

        batch.Stream.UnderWay--;
        var partition = batch.Stream.Partition;
        if (!SendErrors.IsDefinite(error)) batch.MayBeStored = true;
        if (SendErrors.MovesLeader(error)) _routes.Park(partition, now, _load.RetryBackoff);
        // Behind a batch that is to be sent again this is no gap, only a matter of order.
        var outOfTurn = error == ErrorCode.OutOfOrderSequenceNumber && _routes.Parkings[partition].HoldsEarlier(batch);
        TryAgain(batch, error.ToString(), now, outOfTurn || SendErrors.IsRetriable(error), _load.RetryBackoff);
    }

    public void Dispose() => _routes.Dispose();

    private void Drive()
    {
        var cpu = new MeasuredCpuTime(_schedule);
        for (var now = Clock.Now; !_control.Stopping; now = Clock.Now)
        {
            cpu.At(now);
            Tally.Roll(now);
            var more = _filler.Fill(now);
            if (_identity.IsRenewing || _routes.ParkedCount > 0) Mend(now);
            for (var i = _routes.Lanes.Count - 1; i >= 0; i--) Send(_routes.Lanes[i], now);

            if (_filler.Finished && _filler.IsEmpty && _routes.IsIdle) break;
            if (now >= _schedule.DrainEnd) break;

            Wait(now, more);
        }

        MeasuredCpu = cpu.End();
    }

    private void Send(LeaderLane lane, long now)
    {
        try
        {
            while (lane.CanSend && (lane.Waiting > 0 || _filler.CloseExpired(lane, now)))
            {
                var bytes = lane.SendRequest(_identity.Present, now);
                Tally.SentRequest(now, bytes);
            }
        }
        catch (LoadException) when (Survives)
        {
            Lose(lane, now);
        }
    }

    private void Wait(long now, bool more)
    {
        var mends = _identity.IsRenewing || _routes.ParkedCount > 0;
        var wake = more ? now : Math.Min(now + (mends ? MendingWait : LongestWait), _filler.WakeAt(now));
        var polled = _routes.Polled; // losing a lane makes a new list
        for (var i = 0; i < polled.Length; i++)
            polled[i].Wanted = _routes.Lanes[i].HasUnsent ? (short)(Syscalls.PollIn | Syscalls.PollOut) : Syscalls.PollIn;
        Syscalls.Wait(polled, wake - now);

        var woken = Clock.Now;
        for (var i = polled.Length - 1; i >= 0; i--) Attend(_routes.Lanes[i], polled[i].Ready, woken); // the last first, as one may go
    }

    private void Attend(LeaderLane lane, short ready, long now)
    {
        try
        {
            if ((ready & Syscalls.PollOut) != 0) lane.Flush(now);
            if ((ready & ~Syscalls.PollOut) != 0) lane.Receive(now);
            else if (now - lane.OldestSend > Clock.Nanoseconds(_settings.Timeout))
                throw new LoadException($"{lane.Leader} left a request unanswered for {_settings.Timeout.TotalSeconds:0.#} s");
        }
        catch (LoadException) when (Survives)
        {
            Lose(lane, now);
        }
    }

    // Nobody knows what became of the requests under way.
    private void Lose(LeaderLane lane, long now)
    {
        _routes.Remove(lane, now);
        while (lane.TryTakeUnanswered(out var batch))
        {
            batch.Stream.UnderWay--;
            batch.MayBeStored = true;
            TryAgain(batch, "ConnectionLost", now, isRetriable: true, TimeSpan.Zero);
        }

        lane.Dispose();
    }

    private void TryAgain(OutgoingBatch batch, string why, long now, bool isRetriable, TimeSpan pause)
    {
        if (isRetriable && batch.Attempts <= (_load.Retries ?? 0) && now - batch.FirstSentAt < Clock.Nanoseconds(_load.DeliveryTimeout))
            _routes.Park(batch.Stream.Partition, now, pause).Enqueue(batch);
        else
            GiveUp(batch, why, now);
    }

    private void GiveUp(OutgoingBatch batch, string why, long now)
    {
        Tally.Failed(batch, why);
        Note(batch, batch.MayBeStored ? Outcome.Info : Outcome.Fail, -1, now);
        _filler.Return(batch);
        if (!_spec.Idempotent || _identity.IsRenewing) return;

        _identity.BeginRenewal(now);
        _routes.ParkAll(now);
    }

    private void Mend(long now)
    {
        foreach (var parking in _routes.Parkings)
        {
            while (parking.TryTakeSentBefore(now - Clock.Nanoseconds(_load.DeliveryTimeout), out var expired)) GiveUp(expired, "DeliveryTimeout", now);
            if (!Survives && _routes.ByPartition[parking.Stream.Partition] == parking && now - parking.ParkedAt > Clock.Nanoseconds(_settings.Timeout))
                throw new LoadException($"partition {parking.Stream.Partition} had no leader for {_settings.Timeout.TotalSeconds:0.#} s");
        }

        if (_identity.IsRenewing && !_routes.HasUnresolved) _identity.Renew(now);
        _routes.Unpark(now, onlySent: _identity.IsRenewing);
    }

    // The end: what was sent and is not resolved is unanswered, or, where losing connections is no finding, given up.
    private void Settle()
    {
        NeverSent = _filler.OpenRecords + _filler.CountRemaining();
        foreach (var lane in _routes.Lanes)
        {
            while (lane.TryTakeUnanswered(out var batch))
            {
                batch.MayBeStored = true;
                Leave(batch);
            }

            while (lane.TryTakeWaiting(out var batch)) Leave(batch);
        }

        foreach (var parking in _routes.Parkings)
            while (parking.TryTake(onlySent: false, out var batch)) Leave(batch);
    }

    private void Leave(OutgoingBatch batch)
    {
        if (batch.Attempts > 0) Note(batch, batch.MayBeStored ? Outcome.Info : Outcome.Fail, -1, Clock.Now);
        if (batch.Attempts == 0) NeverSent += batch.Count;
        else if (Survives) Tally.Failed(batch, "Unanswered");
        else Unanswered += batch.Count;
    }

    private void Note(OutgoingBatch batch, Outcome outcome, long offset, long now) =>
        _log?.Add(new SendEntry(Number, batch.Stream.Partition, batch.FirstNumber, batch.Count, outcome, offset, batch.FirstSentAt, now));
}
