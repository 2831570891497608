using Engine.Broker.Partitions;
using Engine.Core;
using Engine.Core.Pushing;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;
using Engine.Storage;

namespace Engine.Broker.Replication;

/// <summary>A frame for a follower in the making: what it says of each partition, and slices of their logs. For the thread that sends.</summary>
internal sealed class PushedFrame
{
    private readonly WireBuffer _framing = new();
    private readonly List<(int Gap, LogSlice Slice)> _slices = [];

    /// <summary>Bytes of records in it so far.</summary>
    public int RecordsBytes { get; private set; }

    /// <summary>How often it speaks of a partition.</summary>
    public int Count { get; private set; }

    /// <summary>Begins another one; the result is to be handed to the calls that follow, and ended before it is sent.</summary>
    public PushFrameWriter Begin()
    {
        (RecordsBytes, Count) = (0, 0);
        _framing.Clear();
        var writer = new PushFrameWriter(_framing);
        writer.Begin();
        return writer;
    }

    /// <summary>Says that a partition is not known here.</summary>
    public void Refuse(ref PushFrameWriter writer, int number, int run) =>
        Say(ref writer, number, run, FetchOutcome.Failed(ErrorCode.UnknownTopicOrPartition), from: -1);

    /// <summary>Adds what there is to tell a follower of a partition: records, how far it is committed, or that it cannot go on.</summary>
    /// <param name="writer">Of this frame.</param>
    /// <param name="log">The partition on its way to the follower.</param>
    /// <param name="follower">The node that follows, and its registration.</param>
    /// <param name="room">Bytes that records may take.</param>
    /// <param name="mayWait">Whether the disk may be waited for.</param>
    public PushedLook Add(ref PushFrameWriter writer, PushedLog log, (int Id, long Epoch) follower, int room, bool mayWait)
    {
        var (run, step) = (log.Run, log.Run.Step);
        if (step == PushedStep.Nothing) return PushedLook.Done;

        if (step == PushedStep.Tell)
        {
            // Until its follower has told where to go on there is only this to say.
            Tell(ref writer, log, run.SentFrom);
            return PushedLook.Done;
        }

        var (from, isFirst, next) = (run.Next, RecordsBytes == 0, -1L);
        var outcome = step switch
        {
            PushedStep.Fail => FetchOutcome.Failed(run.Failure),
            PushedStep.Begin => log.Partition.Fetch(AskOf(log), follower.Id, room, isFirst, mayWait, log.Start.FlushedOffset >= log.Start.EndOffset, follower.Epoch),
            _ => log.Partition.ReadForFollower(log.Start.LeaderEpoch, from, room, isFirst, mayWait, out next),
        };
        if (outcome.IsCold) return PushedLook.IsCold;

        var turn = run.Looked(outcome.Fails, outcome.Slice.Length, outcome.Bound, next, outcome.HighWatermark, isFirst);
        if (turn.Word != PushedWord.Records) outcome.Slice.Release();
        switch (turn.Word)
        {
            case PushedWord.Ends:
                log.End();
                Say(ref writer, log.Number, log.RunNumber, outcome, from);
                break;
            case PushedWord.DoesNotFit:
                return PushedLook.DoesNotFit;
            case PushedWord.HighWatermark:
                Tell(ref writer, log, from);
                break;
            case PushedWord.Records:
                Say(ref writer, log.Number, log.RunNumber, outcome, from, outcome.Slice.Length);
                _slices.Add((writer.Position, outcome.Slice));
                RecordsBytes += outcome.Slice.Length;
                break;
        }

        if (turn.WatchPast >= 0) log.QueueOncePast(turn.WatchPast);
        return PushedLook.Done;
    }

    /// <summary>Sends it, with the records from where they lie.</summary>
    public void Send(Connection connection)
    {
        var answer = connection.Expect();
        var sent = 0;
        foreach (var (gap, slice) in _slices)
        {
            answer.Add(_framing.Written[sent..gap]);
            answer.Add(slice);
            sent = gap;
        }

        if (sent < _framing.Length) answer.Add(_framing.Written[sent..]);
        _slices.Clear();
        connection.Complete(answer);
    }

    private void Tell(ref PushFrameWriter writer, PushedLog log, long from)
    {
        log.Run.Told(log.Partition.State.HighWatermark);
        writer.Add(log.Number, log.RunNumber, ErrorCode.None, from, log.Run.ToldHighWatermark, log.Partition.Log.StartOffset, null, 0);
        Count++;
    }

    private void Say(ref PushFrameWriter writer, int number, int run, in FetchOutcome outcome, long from, int recordsLength = 0)
    {
        writer.Add(number, run, outcome.Error, from, outcome.HighWatermark, outcome.LogStartOffset, outcome.Diverging, recordsLength);
        Count++;
    }

    private static FetchPartition AskOf(PushedLog log) => new(
        0, 0, 0, log.Partition.Index, log.Start.LeaderEpoch, log.Start.EndOffset, log.Start.LastEpoch, log.Start.LogStartOffset, int.MaxValue);
}

/// <summary>What came of looking at a partition for a frame.</summary>
internal enum PushedLook
{
    Done,

    /// <summary>What is to be read would have to be waited for.</summary>
    IsCold,

    /// <summary>It is for the next frame.</summary>
    DoesNotFit,
}
