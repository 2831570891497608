using Engine.Core;
using Engine.Core.Partitions;
using Engine.Simulation.Machines;

namespace Engine.Simulation.Clients;

/// <summary>A producer as clients are: some batches under way, sent again in order when one of them failed, looking for the leader.</summary>
internal sealed class SimulatedProducer(Schedule schedule, int id, bool isIdempotent, bool acksAll) : Endpoint(schedule, id)
{
    private const int NextTimer = 1;
    private const int RetryTimer = 2;
    private const int DeadlineTimer = 3;
    private const int MostAttempts = 4;

    private readonly List<Sent> _underWay = [];
    private readonly long _producerId = isIdempotent ? id : -1;
    private readonly int _window = schedule.Chance.Between(1, ProducerMemory.BatchesKept);
    private short _epoch;
    private int _nextSequence;
    private int _token;
    private int _leader;
    private bool _waitsToRetry;

    /// <summary>Whether it has learned of the fate of everything it sent, as far as it cares.</summary>
    public bool IsIdle => _underWay.Count == 0;

    /// <summary>How many of its batches were acknowledged.</summary>
    public int Acknowledged { get; private set; }

    public void Begin()
    {
        SetTimer(NextTimer, Chance.Span(0, 50));
        SetTimer(DeadlineTimer, 200 * VirtualTime.Millisecond);
    }

    protected override void Receive(Message message)
    {
        var answer = (ProduceAnswer)message;
        var index = _underWay.FindIndex(sent => sent.Token == answer.Token);
        if (index < 0) return; // Of a connection that was given up.

        switch (answer.Error)
        {
            case ErrorCode.None:
                Schedule.Witness.Acks.Add(new Acknowledged(answer.Batch, answer.BaseOffset, acksAll));
                Acknowledged++;
                _underWay.RemoveAt(index);
                break;
            // The first of those under way cannot be out of order, unless the broker has forgotten or met others: start anew.
            case ErrorCode.InvalidProducerEpoch:
            case ErrorCode.OutOfOrderSequenceNumber when index == 0:
                BeginNewEpoch();
                break;
            default:
                Failed(answer.Leader);
                break;
        }
    }

    protected override void Due(int timer)
    {
        switch (timer)
        {
            case NextTimer:
                if (Schedule.ProducersStop) return;
                SetTimer(NextTimer, Chance.Span(1, 2 * Schedule.Setting.ProduceEveryMs));
                if (_underWay.Count < _window && !_waitsToRetry) SendNew();
                break;
            case RetryTimer:
                _waitsToRetry = false;
                SendAgain();
                break;
            default:
                SetTimer(DeadlineTimer, 200 * VirtualTime.Millisecond);
                if (_underWay.Count > 0 && !_waitsToRetry && _underWay[0].Deadline <= Schedule.Now) Failed(leader: -1);
                break;
        }
    }

    private void SendNew()
    {
        var records = Chance.Between(1, 3);
        var sequence = isIdempotent ? BatchSequence.From(_producerId, _epoch, _nextSequence, records - 1) : new BatchSequence(-1, -1, -1, -1);
        _nextSequence += records;
        _underWay.Add(new Sent(Schedule.NextBatch(isIdempotent), sequence, records));
        Send(_underWay[^1]);
    }

    private void Failed(int leader)
    {
        if (_waitsToRetry) return;
        _waitsToRetry = true;
        Schedule.Network.Reconnect(Id, _leader);
        _leader = leader >= 0 ? leader : Chance.Below(Schedule.Nodes.Count);
        SetTimer(RetryTimer, Chance.Span(30, 120));
    }

    /// <summary>All that is under way, in order, so that a broker sees no gap. Who is not idempotent gives up in the end.</summary>
    private void SendAgain()
    {
        if (!isIdempotent) _underWay.RemoveAll(sent => sent.Attempts >= MostAttempts);
        foreach (var sent in _underWay) Send(sent);
    }

    private void Send(Sent sent)
    {
        (sent.Token, sent.Deadline) = (++_token, Schedule.Now + Setting.RequestTimeout);
        sent.Attempts++;
        Send(_leader, new Produce(sent.Token, sent.Batch, sent.Sequence, sent.Records, acksAll));
    }

    private void BeginNewEpoch()
    {
        // What was under way may be stored or not; nobody asks any more.
        _underWay.Clear();
        (_epoch, _nextSequence) = ((short)(_epoch + 1), 0);
    }

    private sealed class Sent(long batch, BatchSequence sequence, int records)
    {
        public long Batch => batch;

        public BatchSequence Sequence => sequence;

        public int Records => records;

        public int Token { get; set; }

        public long Deadline { get; set; }

        public int Attempts { get; set; }
    }
}
