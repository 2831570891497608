using System.Text;
using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;
using Harness.Load.Wire;

namespace Harness.Load.Producing;

/// <summary>Told what becomes of batches.</summary>
internal interface IBatchOutcome
{
    /// <summary>The request left, or began to; the batch is not to be changed any more.</summary>
    void Sent(OutgoingBatch batch, long now, long free);

    /// <summary>The batch is acknowledged and may be reused.</summary>
    void Acked(OutgoingBatch batch, long sentAt, long now, long baseOffset);

    /// <summary>The batch was refused.</summary>
    void Failed(OutgoingBatch batch, ErrorCode error, long sentAt, long now);
}

/// <summary>One producer's way to one leader: batches that wait, requests under way, one socket. Answers come in order.</summary>
internal sealed class LeaderLane : Lane, IDisposable
{
    // As Kafka's producer: batches for several partitions of a leader share a request up to this size (max.request.size).
    private const int MaxRequestBytes = 1 << 20;

    private readonly Link _link;
    private readonly LaneSettings _settings;
    private readonly IBatchOutcome _outcome;
    private readonly byte[] _topic;
    private readonly short _version;
    private readonly Queue<OutgoingBatch> _waiting = [];
    private readonly Queue<Request> _underWay = [];
    private readonly Stack<Request> _spare = [];
    private readonly WireBuffer _frame = new();
    private readonly List<int> _cuts = [];
    private readonly ProduceResponse _response = new();
    private int _correlationId;
    private bool _stuck;

    /// <exception cref="LoadException">Nobody listens there, or not in time.</exception>
    public LeaderLane(BrokerAddress leader, short version, TimeSpan connectTimeout, LaneSettings settings, IBatchOutcome outcome)
    {
        _settings = settings;
        _outcome = outcome;
        _topic = Encoding.UTF8.GetBytes(settings.Topic);
        _version = version;
        _link = new Link(leader, connectTimeout);
    }

    public BrokerAddress Leader => _link.Broker;

    public int Socket => _link.Handle;

    public override int Waiting => _waiting.Count;

    public override int UnderWay => _underWay.Count;

    public bool HasUnsent => _link.HasUnsent;

    /// <summary>Whether neither the limit of unanswered requests nor a full socket stands in the way of another request.</summary>
    public override bool CanSend => _underWay.Count < (_settings.Acks == 0 ? 1 : _settings.MaxInFlight) && !_link.HasUnsent;

    /// <summary>Since when <see cref="CanSend"/> is true.</summary>
    public long FreeSince { get; private set; }

    /// <summary>When the oldest request without an answer was sent; <see cref="long.MaxValue"/> when there is none.</summary>
    public long OldestSend => _underWay.TryPeek(out var oldest) ? oldest.SentAt : long.MaxValue;

    public override void Enqueue(OutgoingBatch batch) => _waiting.Enqueue(batch);

    /// <summary>Hands over what waits for one partition, in order.</summary>
    public void TakeBack(int partition, Lane to)
    {
        for (var left = _waiting.Count; left > 0; left--)
        {
            var batch = _waiting.Dequeue();
            if (batch.Stream.Partition == partition) to.Enqueue(batch);
            else _waiting.Enqueue(batch);
        }
    }

    /// <summary>Takes back a batch that was sent and not answered, the oldest first: whether it was stored nobody knows.</summary>
    /// <remarks>Only once the lane is of no more use: its memory belongs to the socket until then.</remarks>
    public bool TryTakeUnanswered(out OutgoingBatch batch)
    {
        batch = null!;
        while (_underWay.TryPeek(out var oldest))
        {
            if (oldest.Batches.Count > 0)
            {
                batch = oldest.Batches[0];
                oldest.Batches.RemoveAt(0);
                return true;
            }

            _underWay.Dequeue();
        }

        return false;
    }

    /// <summary>Takes back a batch that waits.</summary>
    public bool TryTakeWaiting(out OutgoingBatch batch) => _waiting.TryDequeue(out batch!);

    /// <summary>Sends one request with as many of the waiting batches as may share it; gives its size in bytes.</summary>
    /// <exception cref="LoadException">The connection is lost.</exception>
    public long SendRequest(in ProducerIdentity identity, long now)
    {
        var request = _spare.TryPop(out var spare) ? spare : new Request();
        request.SentAt = now;
        var bytes = 0L;
        while (_waiting.TryPeek(out var batch) && MayShare(request, batch, bytes))
        {
            request.Batches.Add(_waiting.Dequeue());
            bytes += batch.Finish(identity.Id, identity.Epoch, identity.Sequence(batch.FirstNumber - batch.Stream.SequenceZero));
        }

        request.CorrelationId = ++_correlationId;
        var size = QueueFrame(request, bytes);
        foreach (var batch in request.Batches) _outcome.Sent(batch, now, FreeSince);
        _underWay.Enqueue(request);
        Flush(now);
        return size;
    }

    /// <summary>Goes on with what the socket had no room for.</summary>
    /// <exception cref="LoadException">The connection is lost.</exception>
    public void Flush(long now)
    {
        var wasStuck = _stuck;
        _stuck = !_link.Send();
        if (_stuck) return;

        if (wasStuck) FreeSince = now;
        if (_settings.Acks == 0) Complete(now); // there will be no answer
    }

    /// <summary>Takes in the answers that have arrived.</summary>
    /// <exception cref="LoadException">The connection is lost, or the broker answers something else than was asked.</exception>
    public void Receive(long now)
    {
        if (!_link.Receive()) return;

        while (_link.TryTakeFrame())
        {
            try
            {
                var reader = new WireReader(_link.TakenFrame);
                var correlationId = ResponseHeader.Read(ref reader, ApiKey.Produce, _version);
                if (!_underWay.TryPeek(out var oldest) || oldest.CorrelationId != correlationId)
                    throw new LoadException($"{Leader} answered request {correlationId} out of turn");
                _response.Read(ref reader, _version);
            }
            catch (WireException problem)
            {
                throw new LoadException($"{Leader} sent an answer that cannot be read: {problem.Message}");
            }

            Answer(now);
        }
    }

    public void Dispose() => _link.Dispose();

    private bool MayShare(Request request, OutgoingBatch batch, long bytes)
    {
        if (request.Batches.Count == 0) return true;
        if (bytes + batch.SizeBytes > MaxRequestBytes || request.Batches.Count == _link.Room) return false;

        foreach (var other in request.Batches)
            if (other.Stream == batch.Stream) return false; // a request takes one batch a partition
        return true;
    }

    // The frame's bytes other than the batches are written in one go, then cut and put round the batches where they lie.
    private long QueueFrame(Request request, long batchBytes)
    {
        _frame.Clear();
        _cuts.Clear();
        var writer = new WireWriter(_frame);
        var start = Frame.Begin(ref writer);
        writer.Flexible = ApiTable.IsFlexible(ApiKey.Produce, _version);
        new RequestHeader(ApiKey.Produce, _version, request.CorrelationId).Write(ref writer, _settings.ClientId);
        ProduceRequest.WriteStart(ref writer, _version, transactionalId: null, _settings.Acks, (int)_settings.Timeout.TotalMilliseconds, topicCount: 1);
        ProduceRequest.WriteTopic(ref writer, _topic, request.Batches.Count);
        foreach (var batch in request.Batches)
        {
            if (_cuts.Count > 0) writer.EndStruct(); // of the partition before
            ProduceRequest.WritePartition(ref writer, batch.Stream.Partition, batch.SizeBytes);
            _cuts.Add(writer.Position);
        }

        for (var ends = 0; ends < 3; ends++) writer.EndStruct(); // of partition, topic and request
        Frame.End(ref writer, start, sentOtherwise: (int)batchBytes);

        var from = 0;
        for (var i = 0; i < request.Batches.Count; i++)
        {
            var batch = request.Batches[i];
            var first = batch.Prepend(_frame.Written[from.._cuts[i]]);
            from = _cuts[i];
            var isLast = i == request.Batches.Count - 1;
            var end = batch.Append(isLast ? _frame.Written[from..] : default);
            _link.Queue(batch.Buffer, first, end - first);
        }

        return _frame.Length + batchBytes;
    }

    private void Answer(long now)
    {
        var request = _underWay.Peek();
        foreach (ref readonly var answer in _response.Partitions)
        {
            var index = IndexOf(request, answer.Partition);
            if (index < 0) throw new LoadException($"{Leader} answered for partition {answer.Partition}, which was not asked or answered twice");

            var batch = request.Batches[index];
            request.Batches.RemoveAt(index);
            if (answer.Error == ErrorCode.None) _outcome.Acked(batch, request.SentAt, now, answer.BaseOffset);
            else _outcome.Failed(batch, answer.Error, request.SentAt, now);
        }

        if (request.Batches.Count > 0) throw new LoadException($"{Leader} left out partition {request.Batches[0].Stream.Partition} in its answer");
        Complete(now);
    }

    private void Complete(long now)
    {
        if (!CanSend) FreeSince = now;
        var request = _underWay.Dequeue();
        foreach (var batch in request.Batches) _outcome.Acked(batch, request.SentAt, now, baseOffset: -1); // acks=0 only
        request.Batches.Clear();
        _spare.Push(request);
    }

    private static int IndexOf(Request request, int partition)
    {
        for (var i = 0; i < request.Batches.Count; i++)
            if (request.Batches[i].Stream.Partition == partition) return i;
        return -1;
    }

    private sealed class Request
    {
        public int CorrelationId { get; set; }

        public long SentAt { get; set; }

        public List<OutgoingBatch> Batches { get; } = [];
    }
}

/// <summary>What all of a load's lanes have in common.</summary>
internal sealed record LaneSettings(string Topic, string ClientId, short Acks, int MaxInFlight, TimeSpan Timeout, TimeSpan Backoff);
