using System.Text;
using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Protocol.Records;
using Engine.Protocol.Wire;
using Harness.Load.Wire;

namespace Harness.Load.Consuming;

/// <summary>What one fetch brought of one partition.</summary>
/// <param name="Partition">Which partition.</param>
/// <param name="Error">What went wrong, or none.</param>
/// <param name="NextOffset">Where to go on; the fetch's own offset when it brought nothing.</param>
/// <param name="Records">Records in the whole batches it brought, by their headers.</param>
/// <param name="Bytes">Bytes of whole batches.</param>
/// <param name="HighWatermark">Up to which offset records are committed, as the leader told with the answer.</param>
/// <param name="LogStartOffset">The first offset the leader can still serve, or -1.</param>
/// <param name="Start">Where the batches lie in the answer; of no meaning to a lane that drops them.</param>
internal readonly record struct FetchedPiece(
    int Partition, ErrorCode Error, long NextOffset, long Records, int Bytes, long HighWatermark, long LogStartOffset, int Start);

/// <summary>One reader's way to one leader: one fetch under way at a time.</summary>
internal abstract class FetchLane : IDisposable
{
    private readonly ConsumeSpec _spec;
    private readonly string _clientId;
    private readonly FetchRequest _request;
    private readonly WireBuffer _written = new();
    private byte[] _sending = GC.AllocateUninitializedArray<byte>(4096, pinned: true);
    private int _firstTurn;

    protected FetchLane(BrokerAddress leader, short version, TimeSpan connectTimeout, LoadSpec load)
    {
        _spec = load.Consume!;
        _clientId = load.ClientId;
        Topic = Encoding.UTF8.GetBytes(load.Topic);
        Version = version;
        Link = new Link(leader, connectTimeout);
        _request = new()
        {
            MaxWaitMs = (int)_spec.MaxWait.TotalMilliseconds,
            MinBytes = (int)_spec.MinBytes,
            MaxBytes = (int)_spec.FetchMaxBytes,
        };
    }

    /// <summary>A lane that keeps what it receives, or one that drops it.</summary>
    /// <exception cref="LoadException">Nobody listens there, or not in time.</exception>
    public static FetchLane Create(BrokerAddress leader, LoadSpec load, TimeSpan connectTimeout)
    {
        var drops = load.Consume!.Reading == Reading.Discard;
        var last = drops ? DiscardingLane.LastVersion : (short)(FetchRequest.FirstWithTopicIds - 1);
        var version = ControlConnection.VersionOf(leader, load.ClientId, connectTimeout, ApiKey.Fetch, last);
        return drops ? new DiscardingLane(leader, version, connectTimeout, load) : new KeepingLane(leader, version, connectTimeout, load);
    }

    public Link Link { get; }

    public BrokerAddress Leader => Link.Broker;

    /// <summary>Whether a fetch waits for its answer.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>When the fetch under way was sent.</summary>
    public long SentAt { get; private set; }

    /// <summary>The answer's parts, valid until the next answer.</summary>
    public List<FetchedPiece> Pieces { get; } = [];

    protected byte[] Topic { get; }

    protected short Version { get; }

    protected int CorrelationId { get; private set; }

    /// <summary>The offsets of the fetch under way, by partition.</summary>
    protected Dictionary<int, long> Asked { get; } = [];

    /// <summary>Asks for these partitions from these offsets on; each fetch begins with another partition, so that none is starved.</summary>
    /// <exception cref="LoadException">The connection is lost.</exception>
    public void Send(IReadOnlyList<int> partitions, long[] positions, long now)
    {
        _request.Clear();
        Asked.Clear();
        for (var i = 0; i < partitions.Count; i++)
        {
            var partition = partitions[(i + _firstTurn) % partitions.Count];
            _request.Add(Topic, partition, positions[partition], (int)_spec.PartitionMaxBytes);
            Asked[partition] = positions[partition];
        }

        _firstTurn++;
        _written.Clear();
        var writer = new WireWriter(_written);
        var start = Frame.Begin(ref writer);
        writer.Flexible = ApiTable.IsFlexible(ApiKey.Fetch, Version);
        new RequestHeader(ApiKey.Fetch, Version, ++CorrelationId).Write(ref writer, _clientId);
        _request.Write(ref writer, Version);
        Frame.End(ref writer, start);

        if (_sending.Length < _written.Length) _sending = GC.AllocateUninitializedArray<byte>(_written.Length * 2, pinned: true);
        _written.Written.CopyTo(_sending);
        Link.Queue(_sending, 0, _written.Length);
        Link.Send();
        (IsBusy, SentAt) = (true, now);
    }

    /// <summary>Takes in what has arrived; true when the answer is whole and <see cref="Pieces"/> are its parts.</summary>
    /// <exception cref="LoadException">The connection is lost, or what comes is no answer to what was asked.</exception>
    public bool Receive()
    {
        try
        {
            if (!TryReceive()) return false;
        }
        catch (WireException problem)
        {
            throw new LoadException($"{Leader} sent an answer that cannot be read: {problem.Message}");
        }

        IsBusy = false;
        return true;
    }

    /// <summary>A part's batches, until the next <see cref="Receive"/>; empty when the lane drops them.</summary>
    public abstract ReadOnlySpan<byte> Batches(in FetchedPiece piece);

    public void Dispose() => Link.Dispose();

    protected abstract bool TryReceive();

    protected void Expect(int correlationId)
    {
        if (correlationId != CorrelationId) throw new LoadException($"{Leader} answered request {correlationId} when {CorrelationId} was asked");
    }

    protected long AskedOffset(int partition) => Asked.TryGetValue(partition, out var offset)
        ? offset
        : throw new LoadException($"{Leader} answered for partition {partition}, which was not asked");
}

/// <summary>Receives answers whole.</summary>
internal sealed class KeepingLane(BrokerAddress leader, short version, TimeSpan connectTimeout, LoadSpec load)
    : FetchLane(leader, version, connectTimeout, load)
{
    private readonly FetchResponse _response = new();

    public override ReadOnlySpan<byte> Batches(in FetchedPiece piece) => Link.TakenFrame.Slice(piece.Start, piece.Bytes);

    protected override bool TryReceive()
    {
        if (!Link.Receive() || !Link.TryTakeFrame()) return false;

        var reader = new WireReader(Link.TakenFrame);
        Expect(ResponseHeader.Read(ref reader, ApiKey.Fetch, Version));
        _response.Read(ref reader, Version);
        if (_response.Error != ErrorCode.None) throw new LoadException($"{Leader} refused a fetch: {_response.Error}");

        Pieces.Clear();
        foreach (ref readonly var partition in _response.Partitions)
        {
            var (next, records, bytes) = (AskedOffset(partition.Partition), 0L, 0);
            foreach (var batch in new BatchReader(Link.TakenFrame.Slice(partition.RecordsStart, Math.Max(0, partition.RecordsLength))))
            {
                var header = new BatchHeader(batch);
                next = Math.Max(next, header.NextOffset);
                records += header.RecordCount;
                bytes += batch.Length;
            }

            Pieces.Add(new(partition.Partition, partition.Error, next, records, bytes, partition.HighWatermark, partition.LogStartOffset, partition.RecordsStart));
        }

        return true;
    }
}
