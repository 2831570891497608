using System.Text;
using Engine.Broker.Partitions;
using Engine.Core.Pushing;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;
using Engine.Storage;

namespace Engine.Broker.Replication;

/// <summary>Follower's side of one connection: subscribes, appends what comes, acknowledges it. Used by one thread.</summary>
/// <remarks>
/// What has arrived is appended before any of it is acknowledged, so batches that came together are acknowledged together. A run that
/// cannot go on (another leader, logs that part, damage) ends alone and begins anew from where the log stands then; what is still on its
/// way in the old one is void.
/// </remarks>
internal sealed class PushIntake : ILeaderLink
{
    private const long RetryPauseMs = 100;

    private readonly PushSettings _settings;
    private readonly PushConnection _connection;
    private readonly FollowedLog[] _logs;
    private readonly PushRequest _request;
    private readonly PushFrame _frame = new();
    private readonly WireBuffer _buffer = new();
    private readonly List<FollowedLog> _ended = [];   // to be subscribed to, some after a pause
    private readonly List<FollowedLog> _touched = []; // to be acknowledged
    private long _toldBytes;
    private long _toldFrames;
    private long _nextBeatMs;
    private long _heardMs = Environment.TickCount64;

    /// <param name="nodeId">The node that follows.</param>
    /// <param name="settings">What it lets its leaders do.</param>
    /// <param name="leader">Whom and what it follows.</param>
    /// <param name="connection">The way to it, from here on this object's.</param>
    public PushIntake(int nodeId, PushSettings settings, FollowedLeader leader, PushConnection connection)
    {
        (_settings, _connection) = (settings, connection);
        _request = new PushRequest
        {
            ReplicaId = nodeId, ReplicaEpoch = leader.BrokerEpoch, WindowBytes = settings.WindowBytes, WindowFrames = settings.WindowFrames, FrameBytes = settings.FrameBytes,
        };
        _logs = [.. leader.Partitions.Select((partition, number) => new FollowedLog(partition, number))];
        _ended.AddRange(_logs);
    }

    public bool HasHeard { get; private set; }

    public void Step(CancellationToken stop)
    {
        var now = Environment.TickCount64;
        Say(now);
        var wait = TimeSpan.FromMilliseconds(Math.Max(0, _nextBeatMs - now));
        if (_ended.Count > 0 && wait.TotalMilliseconds > RetryPauseMs) wait = TimeSpan.FromMilliseconds(RetryPauseMs);
        if (!_connection.TryReceive(wait))
        {
            // A leader answers every beat.
            if (Environment.TickCount64 - _heardMs > LeaderSocket.Patience.TotalMilliseconds) throw new IOException("the leader says nothing");
            return;
        }

        _heardMs = Environment.TickCount64;
        while (_connection.TryTakeFrame(out var frame)) Take(frame);
    }

    public void Dispose() => _connection.Dispose();

    private void Say(long now)
    {
        _request.Clear();
        if (_ended.Count > 0) SubscribeDue(now);
        if (_touched.Count > 0) Acknowledge();
        if (now >= _nextBeatMs)
        {
            _request.IsBeat = true;
            _nextBeatMs = now + (long)_settings.Beat.TotalMilliseconds;
        }

        // What brought nothing to acknowledge has still used up the window.
        var isWindowLow = _request.TakenFrames - _toldFrames >= Math.Max(1, _settings.WindowFrames / 2)
            || _request.TakenBytes - _toldBytes >= Math.Max(1, _settings.WindowBytes / 2);
        if (_request.IsEmpty && !isWindowLow) return;

        _buffer.Clear();
        var writer = new WireWriter(_buffer);
        var start = Frame.Begin(ref writer);
        new RequestHeader(ApiKey.Push, PushRequest.Version, CorrelationId: 0).Write(ref writer, "replica");
        _request.Write(ref writer);
        Frame.End(ref writer, start);
        _connection.Send(_buffer.Written);
        (_toldBytes, _toldFrames) = (_request.TakenBytes, _request.TakenFrames);
    }

    private void SubscribeDue(long now)
    {
        for (var i = _ended.Count - 1; i >= 0; i--)
        {
            var log = _ended[i];
            if (log.ResumeAtMs > now) continue;

            var position = log.Partition.Position();
            if (!position.IsFollower || !IsAcknowledgeable(log.Partition))
            {
                log.ResumeAtMs = now + RetryPauseMs;
                continue;
            }

            log.Run.Begin(position);
            _request.Subscribe(log.Number, log.Run.Number, log.TopicUtf8, log.Partition.Index, new PushPosition(
                position.LeaderEpoch, position.EndOffset, FlushedOf(log.Partition, position.EndOffset), position.LastEpoch, position.LogStartOffset));
            _ended[i] = _ended[^1];
            _ended.RemoveAt(_ended.Count - 1);
        }
    }

    private void Acknowledge()
    {
        if (_touched[0].Partition.Settings.FlushesForAcks)
        {
            foreach (var log in _touched) log.Partition.BeginAcknowledging();
        }

        foreach (var log in _touched)
        {
            log.IsTouched = false;
            if (!log.Run.IsRunning || !IsAcknowledgeable(log.Partition)) continue;

            var position = log.Partition.Position();
            if (!log.Run.MayAcknowledge(position)) Ended(log, RetryPauseMs);
            else _request.Acknowledge(new PushAcknowledgement(log.Number, log.Run.Number, position.EndOffset, FlushedOf(log.Partition, position.EndOffset)));
        }

        _touched.Clear();
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        HasHeard = true;
        var reader = new WireReader(bytes);
        _frame.Read(ref reader);
        foreach (ref readonly var pushed in _frame.Partitions)
        {
            if ((uint)pushed.Number >= (uint)_logs.Length) throw new WireException($"the leader pushed a partition numbered {pushed.Number}");
            var log = _logs[pushed.Number];
            if (log.Run.IsServedBy(pushed.Run)) Take(log, pushed, bytes);
        }

        _request.TakenBytes += _frame.RecordsBytes;
        _request.TakenFrames++;
    }

    private void Take(FollowedLog log, in PushedPartition pushed, ReadOnlySpan<byte> bytes)
    {
        var hasRecords = pushed.RecordsLength > 0;
        var position = log.Run.Expected(hasRecords, pushed.BaseOffset, log.Partition.Log.EndOffset);
        var goesOn = LeaderAnswer.Take(log.Partition, position, new FetchedPartition(
            0, 0, 0, log.Partition.Index, pushed.Error, pushed.HighWatermark, pushed.HighWatermark, pushed.LogStartOffset, pushed.Diverging,
            pushed.RecordsStart, pushed.RecordsLength), bytes);
        var turn = log.Run.Took(pushed.Error, pushed.Diverging is not null, goesOn, hasRecords, pushed.BaseOffset, log.Partition.Log.EndOffset);
        if (turn == FollowedTurn.BeginsAnew) Ended(log, pauseMs: 0);
        else if (turn == FollowedTurn.Pauses) Ended(log, RetryPauseMs);
        else if (turn == FollowedTurn.Acknowledges && !log.IsTouched)
        {
            log.IsTouched = true;
            _touched.Add(log);
        }
    }

    private void Ended(FollowedLog log, long pauseMs)
    {
        log.ResumeAtMs = pauseMs == 0 ? 0 : Environment.TickCount64 + pauseMs;
        _ended.Add(log);
    }

    /// <summary>Flushes what is to be flushed before it is acknowledged.</summary>
    private static bool IsAcknowledgeable(Partition partition)
    {
        try
        {
            partition.EnsureAcknowledgeable();
            return true;
        }
        catch (LogOfflineException)
        {
            return false; // Its listeners have been told; it follows nobody any more.
        }
    }

    private static long FlushedOf(Partition partition, long endOffset) => partition.Settings.FlushesForAcks ? endOffset : -1;

    /// <summary>A partition, by its number.</summary>
    private sealed class FollowedLog(Partition partition, int number)
    {
        public Partition Partition { get; } = partition;

        public byte[] TopicUtf8 { get; } = Encoding.UTF8.GetBytes(partition.Topic);

        public int Number { get; } = number;

        public FollowedRun Run { get; } = new();

        public bool IsTouched { get; set; }

        public long ResumeAtMs { get; set; }
    }
}
