using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Engine.Core;
using Engine.Core.Partitions;
using Engine.Protocol.Messages;
using Engine.Protocol.Records;
using Engine.Protocol.Wire;

namespace Harness.Tests.Load;

/// <summary>A broker of one topic in memory that does what a test tells it to, right or wrong: a thread a connection, over loopback.</summary>
internal sealed class FakeBroker : IDisposable
{
    public const string Topic = "load";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _sockets = [];
    private readonly int _nodeId;
    private readonly FakeTopic _topic;
    private readonly List<byte[]>[] _logs;
    private readonly long[] _ends;
    private readonly object _gate;
    private int _requests;
    private long _producerIds;
    private volatile bool _refuses;
    private volatile bool _standsStill;
    private int _connections;
    private int _metadataRequests;

    public FakeBroker(int partitions = 1)
        : this(new FakeTopic(partitions))
    {
    }

    private FakeBroker(FakeTopic topic)
    {
        (_topic, _logs, _ends, _gate) = (topic, topic.Logs, topic.Ends, topic);
        _listener.Start();
        lock (_gate)
        {
            topic.Brokers.Add(this);
            _nodeId = topic.Brokers.Count;
            _producerIds = 1000L * _nodeId;
        }

        new Thread(Accept) { IsBackground = true }.Start();
    }

    /// <summary>Another broker of the same cluster, which leads nothing until it is told to.</summary>
    public FakeBroker Another() => new(_topic);

    /// <summary>Makes this broker the leader of a partition.</summary>
    public void Lead(int partition)
    {
        lock (_gate)
        {
            _topic.Leaders[partition] = _nodeId;
            _topic.Epochs[partition]++;
        }
    }

    /// <summary>Closes all connections, and new ones at once until <see cref="ComeBack"/>, as if the process were gone.</summary>
    public void GoAway()
    {
        _refuses = true;
        lock (_gate)
        {
            foreach (var socket in _sockets) socket.Dispose();
            _sockets.Clear();
        }
    }

    public void ComeBack() => _refuses = false;

    /// <summary>From here on takes connections and requests and answers none, as a process that stands still.</summary>
    public void StandStill() => _standsStill = true;

    /// <summary>Whether sequence numbers are held to, and a batch that is here already is answered without being stored again.</summary>
    public bool ChecksSequences { get; init; }

    /// <summary>Whether the connection is closed instead of answering the n-th produce request of its life, once it was carried out.</summary>
    public Func<int, bool> LosesAnswer { get; set; } = _ => false;

    /// <summary>The high watermark that fetches are told, from the log's end.</summary>
    public Func<long, long> HighWatermark { get; set; } = end => end;

    /// <summary>Called with the number of each produce request of its life, from 0, before it is looked at.</summary>
    public Action<int> OnProduce { get; set; } = _ => { };

    /// <summary>How long the broker sits on the n-th produce request of its life, from 0, and on all behind it on that connection.</summary>
    public Func<int, TimeSpan> Delay { get; set; } = _ => TimeSpan.Zero;

    /// <summary>What is stored for a partition's n-th batch, from 0; always acknowledged.</summary>
    public Func<int, int, byte[], IEnumerable<byte[]>> Store { get; set; } = (_, _, batch) => [batch];

    /// <summary>What a partition's n-th batch is answered with; on an error nothing is stored.</summary>
    public Func<int, int, ErrorCode> Judge { get; set; } = (_, _) => ErrorCode.None;

    /// <summary>Produce requests after which connections are closed instead of answered.</summary>
    public int ClosesAfter { get; set; } = int.MaxValue;

    public string Address => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public int ProduceRequests => Volatile.Read(ref _requests);

    public int MetadataRequests => Volatile.Read(ref _metadataRequests);

    /// <summary>How many were made so far, by whomever.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Topics that were created and deleted, in words.</summary>
    public List<string> TopicChanges { get; } = [];

    /// <summary>All batches of a partition as stored.</summary>
    public IReadOnlyList<byte[]> Log(int partition)
    {
        lock (_gate) return [.. _logs[partition]];
    }

    /// <summary>Waits until somebody has asked for what follows this offset, so has taken in all before it.</summary>
    public void AwaitReader(int partition, long offset)
    {
        lock (_gate)
            while (_topic.Asked[partition] < offset) Assert.True(Monitor.Wait(_gate, Patience), $"nobody read up to offset {offset}");
    }

    /// <summary>Cuts a partition's last batches off, as a leader does that was elected without having them.</summary>
    public void CutBack(int partition, int batches)
    {
        lock (_gate)
        {
            for (; batches > 0 && _logs[partition].Count > 0; batches--)
            {
                _ends[partition] = new BatchHeader(_logs[partition][^1]).BaseOffset;
                _logs[partition].RemoveAt(_logs[partition].Count - 1);
            }
        }
    }

    /// <summary>Stores a batch as if some client had sent it.</summary>
    public void Append(int partition, byte[] batch)
    {
        lock (_gate) Put(partition, batch);
    }

    public void Dispose()
    {
        _listener.Stop();
        lock (_gate)
        {
            foreach (var socket in _sockets) socket.Dispose();
            Monitor.PulseAll(_gate);
        }
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                var socket = _listener.AcceptSocket();
                if (_refuses)
                {
                    socket.Dispose();
                    continue;
                }

                socket.NoDelay = true;
                Interlocked.Increment(ref _connections);
                lock (_gate) _sockets.Add(socket);
                new Thread(() => Serve(socket)) { IsBackground = true }.Start();
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException or InvalidOperationException)
        {
        }
    }

    private void Serve(Socket socket)
    {
        try
        {
            using var stream = new NetworkStream(socket, ownsSocket: true);
            var prefix = new byte[Frame.PrefixBytes];
            while (true)
            {
                stream.ReadExactly(prefix);
                var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(prefix)];
                stream.ReadExactly(frame);
                if (_standsStill) continue;
                if (Answer(frame) is not { } answer) continue;
                if (answer.Length == 0) return;
                stream.Write(answer);
            }
        }
        catch (Exception stopped) when (stopped is IOException or ObjectDisposedException)
        {
        }
    }

    // Null is no answer, empty is an end of the connection.
    private byte[]? Answer(byte[] frame)
    {
        var reader = new WireReader(frame);
        var header = RequestHeader.Read(ref reader);
        if (ApiTable.IsFlexible(header.Api, header.Version)) SkipHeaderTags(ref reader);
        var buffer = new WireBuffer();
        if (header.Api == ApiKey.Fetch)
        {
            var request = new FetchRequest();
            request.Read(ref reader, header.Version);
            return Fetch(request, header, frame);
        }

        var writer = new WireWriter(buffer);
        var start = Frame.Begin(ref writer);
        ResponseHeader.Write(ref writer, header.Api, header.Version, header.CorrelationId);
        switch (header.Api)
        {
            case ApiKey.Produce:
                var produce = new ProduceRequest();
                produce.Read(ref reader, header.Version);
                var produced = Produce(produce, frame);
                if (produced is null) return [];
                if (produce.Acks == 0) return null;
                produced.Write(ref writer, header.Version);
                break;
            case ApiKey.ApiVersions:
                ApiVersionsResponse.Served.Write(ref writer, header.Version);
                break;
            case ApiKey.Metadata:
                Interlocked.Increment(ref _metadataRequests);
                Metadata(MetadataRequest.Read(ref reader, header.Version)).Write(ref writer, header.Version);
                break;
            case ApiKey.InitProducerId:
                new InitProducerIdResponse { ProducerId = Interlocked.Increment(ref _producerIds), ProducerEpoch = 0 }.Write(ref writer, header.Version);
                break;
            case ApiKey.ListOffsets:
                ListOffsets(ListOffsetsRequest.Read(ref reader, header.Version)).Write(ref writer, header.Version);
                break;
            case ApiKey.CreateTopics:
                var created = CreateTopicsRequest.Read(ref reader, header.Version).Topics.Single();
                var configs = string.Join(",", created.Configs.Select(config => $"{config.Name}={config.Value}"));
                TopicChanges.Add($"create {created.Name} {created.PartitionCount}x{created.ReplicationFactor} {configs}");
                var error = created.Name == Topic ? ErrorCode.TopicAlreadyExists : ErrorCode.None;
                new CreateTopicsResponse { Topics = [new CreatedTopic { Name = created.Name, Error = error }] }.Write(ref writer, header.Version);
                break;
            case ApiKey.DeleteTopics:
                var deleted = DeleteTopicsRequest.Read(ref reader, header.Version).Topics.Single();
                TopicChanges.Add($"delete {deleted.Name}");
                new DeleteTopicsResponse { Topics = [new DeletedTopic(deleted.Name, default, ErrorCode.None)] }.Write(ref writer, header.Version);
                break;
            default:
                return [];
        }

        Frame.End(ref writer, start);
        return buffer.Written.ToArray();
    }

    private ProduceResponse? Produce(ProduceRequest request, byte[] frame)
    {
        var number = Interlocked.Increment(ref _requests) - 1;
        if (number >= ClosesAfter) return null;
        OnProduce(number);
        var delay = Delay(number);
        if (delay > TimeSpan.Zero) Thread.Sleep(delay);
        if (_refuses) return null; // gone while the request waited

        var response = new ProduceResponse();
        lock (_gate)
        {
            foreach (var asked in request.Partitions)
            {
                var partition = asked.Partition;
                var batch = frame.AsSpan(asked.RecordsStart, asked.RecordsLength).ToArray();
                var error = BatchCheck.ForProduce(batch, int.MaxValue, out _);
                var header = new BatchHeader(batch);
                var sequence = BatchSequence.From(header.ProducerId, header.ProducerEpoch, header.BaseSequence, header.LastOffsetDelta);
                var baseOffset = -1L;
                if (error == ErrorCode.None && _topic.Leaders[partition] != _nodeId) error = ErrorCode.NotLeaderOrFollower;
                if (error == ErrorCode.None && ChecksSequences) error = _topic.Producers[partition].Check(sequence, out baseOffset);
                if (error == ErrorCode.None && baseOffset < 0)
                {
                    var batchNumber = _topic.BatchesSeen[partition]++;
                    error = Judge(partition, batchNumber);
                    if (error == ErrorCode.None)
                    {
                        baseOffset = _ends[partition];
                        foreach (var stored in Store(partition, batchNumber, batch)) Put(partition, [.. stored]);
                        _topic.Producers[partition].Appended(sequence, baseOffset, nowMs: 0);
                    }
                }

                response.Add(frame.AsSpan(asked.TopicStart, asked.TopicLength), asked.TopicIndex, partition, error, baseOffset, -1, 0);
            }
        }

        return LosesAnswer(number) ? null : response;
    }

    private void Put(int partition, byte[] batch)
    {
        BatchHeader.Assign(batch, _ends[partition], leaderEpoch: 3);
        _ends[partition] += new BatchHeader(batch).RecordCount;
        _logs[partition].Add(batch);
        Monitor.PulseAll(_gate);
    }

    private byte[] Fetch(FetchRequest request, RequestHeader header, byte[] frame)
    {
        var deadline = DateTime.UtcNow.AddMilliseconds(request.MaxWaitMs);
        lock (_gate)
        {
            foreach (var asked in request.Partitions) _topic.Asked[asked.Partition] = Math.Max(_topic.Asked[asked.Partition], asked.FetchOffset);
            Monitor.PulseAll(_gate);
            while (request.Partitions.ToArray().All(asked => asked.FetchOffset == _ends[asked.Partition]))
                if (deadline - DateTime.UtcNow is var left && (left <= TimeSpan.Zero || !Monitor.Wait(_gate, left))) break;

            var room = (long)request.MaxBytes;
            var buffer = new WireBuffer();
            var writer = new FetchResponseWriter(buffer, header.Version);
            writer.Begin(header.CorrelationId, topicCount: 1);
            writer.BeginTopic(Encoding.UTF8.GetBytes(Topic), request.Partitions.Length);
            var pieces = new List<(int Position, byte[] Records)>();
            foreach (var asked in request.Partitions)
            {
                var records = Collect(asked.Partition, asked.FetchOffset, Math.Min(room, asked.PartitionMaxBytes), mayExceed: room == request.MaxBytes);
                room -= records.Length;
                var end = _ends[asked.Partition];
                var refusal = _topic.Leaders[asked.Partition] == _nodeId ? ErrorCode.None : ErrorCode.NotLeaderOrFollower;
                if (refusal == ErrorCode.None && asked.FetchOffset > end) refusal = ErrorCode.OffsetOutOfRange;
                if (refusal != ErrorCode.None) records = [];
                writer.BeginPartition(asked.Partition, refusal, HighWatermark(end), HighWatermark(end), 0, records.Length);
                pieces.Add((writer.Position, records));
                writer.EndPartition();
            }

            writer.EndTopic();
            writer.End();
            return Join(buffer, pieces);
        }
    }

    private byte[] Collect(int partition, long offset, long limit, bool mayExceed)
    {
        var records = new List<byte>();
        foreach (var batch in _logs[partition].Where(batch => new BatchHeader(batch).NextOffset > offset))
        {
            if (records.Count + batch.Length > limit && !(mayExceed && records.Count == 0))
            {
                records.AddRange(batch.Take((int)Math.Max(0, limit - records.Count))); // cut, as brokers do
                break;
            }

            records.AddRange(batch);
        }

        return [.. records];
    }

    private static byte[] Join(WireBuffer buffer, List<(int Position, byte[] Records)> pieces)
    {
        var answer = new List<byte>();
        var from = 0;
        foreach (var (position, records) in pieces)
        {
            answer.AddRange(buffer.Written[from..position]);
            answer.AddRange(records);
            from = position;
        }

        answer.AddRange(buffer.Written[from..]);
        return [.. answer];
    }

    private MetadataResponse Metadata(MetadataRequest request) => new()
    {
        Brokers = [.. _topic.Brokers.Select(broker => new MetadataBroker(broker._nodeId, "127.0.0.1", ((IPEndPoint)broker._listener.LocalEndpoint).Port))],
        ControllerId = 1,
        ClusterId = "fake",
        Topics = [.. (request.Topics ?? []).Select(asked => asked.Name == Topic
            ? new MetadataTopic
            {
                Name = Topic,
                TopicId = new(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
                Partitions = [.. _topic.Leaders.Select((leader, partition) => new MetadataPartition
                {
                    Partition = partition, LeaderId = leader, LeaderEpoch = _topic.Epochs[partition], Replicas = [leader], InSyncReplicas = [leader],
                })],
            }
            : new MetadataTopic { Name = asked.Name, Error = ErrorCode.UnknownTopicOrPartition })],
    };

    private ListOffsetsResponse ListOffsets(ListOffsetsRequest request)
    {
        lock (_gate)
        {
            return new()
            {
                Topics = [.. request.Topics.Select(topic => new ListedOffsetsTopic(topic.Name, [.. topic.Partitions.Select(asked =>
                    new ListedOffset(asked.Partition, ErrorCode.None, -1, asked.Timestamp == ListOffsetsRequest.Earliest ? 0 : _ends[asked.Partition]))]))],
            };
        }
    }

    private static void SkipHeaderTags(ref WireReader reader)
    {
        reader.Flexible = true;
        RequestHeader.ReadEnd(ref reader);
    }
}

/// <summary>What the brokers of a fake cluster share: one topic. Locked by itself.</summary>
internal sealed class FakeTopic(int partitions)
{
    public List<byte[]>[] Logs { get; } = [.. Enumerable.Range(0, partitions).Select(_ => new List<byte[]>())];

    public long[] Ends { get; } = new long[partitions];

    /// <summary>The furthest offset that a fetch has asked for, by partition.</summary>
    public long[] Asked { get; } = new long[partitions];

    public int[] BatchesSeen { get; } = new int[partitions];

    /// <summary>Node ids by partition.</summary>
    public int[] Leaders { get; } = [.. Enumerable.Repeat(1, partitions)];

    public int[] Epochs { get; } = new int[partitions];

    public ProducerStates[] Producers { get; } = [.. Enumerable.Range(0, partitions).Select(_ => new ProducerStates())];

    public List<FakeBroker> Brokers { get; } = [];
}
