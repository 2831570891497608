using Engine.Core;
using Engine.Simulation.Machines;

namespace Engine.Simulation.Clients;

/// <summary>A consumer that reads the partition from its beginning, from whoever says that it leads.</summary>
internal sealed class SimulatedConsumer(Schedule schedule, int id) : Endpoint(schedule, id)
{
    private const int PollTimer = 1;
    private const int DeadlineTimer = 2;

    private int _token;
    private int _leader;
    private long _deadline;
    private bool _isWaiting;

    /// <summary>The offset after the last record that it has read.</summary>
    public long Position { get; private set; }

    public void Begin()
    {
        SetTimer(PollTimer, 0);
        SetTimer(DeadlineTimer, 300 * VirtualTime.Millisecond);
    }

    protected override void Receive(Message message)
    {
        var answer = (FetchAnswer)message;
        if (!_isWaiting || answer.Asked.Token != _token) return;

        _isWaiting = false;
        foreach (var batch in answer.Word.Batches)
        {
            Schedule.Witness.Reads.Add(batch);
            Position = batch.NextOffset;
        }

        // What came next was deleted: it goes on where the log starts now.
        var isBehind = answer.Word.Error == ErrorCode.OffsetOutOfRange && Position < answer.Word.LogStart;
        if (isBehind) Position = answer.Word.LogStart;
        if (isBehind || answer.Word.Error == ErrorCode.None)
        {
            Poll();
            return;
        }

        _leader = answer.Leader >= 0 && answer.Leader != _leader ? answer.Leader : Chance.Below(Schedule.Nodes.Count);
        SetTimer(PollTimer, Setting.RetryPause);
    }

    protected override void Due(int timer)
    {
        if (timer == PollTimer)
        {
            if (!_isWaiting) Poll();
            return;
        }

        SetTimer(DeadlineTimer, 300 * VirtualTime.Millisecond);
        if (!_isWaiting || Schedule.Now < _deadline) return;
        Schedule.Network.Reconnect(Id, _leader);
        _leader = Chance.Below(Schedule.Nodes.Count);
        Poll();
    }

    private void Poll()
    {
        _isWaiting = true;
        _deadline = Schedule.Now + Setting.FetchTimeout;
        Send(_leader, new Fetch(++_token, Replica: -1, BrokerEpoch: -1, LeaderEpoch: -1, Position, LastEpoch: -1));
    }
}
