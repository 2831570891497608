using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;

namespace Harness.Load.Wire;

/// <summary>What a client knows of a cluster: its brokers, who leads what, where logs begin and end.</summary>
/// <remarks>Blocking and thread-safe: one question at a time, over connections that are kept.</remarks>
internal sealed class Cluster : IDisposable
{
    // What Kafka says to the first to ask, while it fetches a block of ids; ours never does.
    private const ErrorCode CoordinatorLoadInProgress = (ErrorCode)14;
    private const int PauseMs = 20;

    private readonly Lock _lock = new();
    private readonly IReadOnlyList<BrokerAddress> _bootstrap;
    private readonly string _clientId;
    private readonly TimeSpan _timeout;
    private readonly Dictionary<BrokerAddress, ControlConnection> _connections = [];
    private Dictionary<int, BrokerAddress> _brokers = [];
    private BrokerAddress? _answeredLast;
    private LeaderWatch? _watch;

    /// <param name="bootstrap">Brokers as <see cref="BrokerAddress.Form"/> says; any that answers will do. The others are reached as the first.</param>
    /// <param name="clientId">What brokers are told we are called.</param>
    /// <param name="timeout">For connecting and for each answer.</param>
    /// <exception cref="LoadException">An address is none.</exception>
    public Cluster(IEnumerable<string> bootstrap, string clientId, TimeSpan timeout)
    {
        _bootstrap = [.. bootstrap.Select(text => BrokerAddress.Parse(text) ?? throw new LoadException($"'{text}' is not {BrokerAddress.Form}"))];
        _clientId = clientId;
        _timeout = timeout;
    }

    /// <summary>Who leads a topic's partitions from moment to moment; one topic a cluster.</summary>
    public LeaderWatch Watch(string topic, TimeSpan timeout, TimeSpan pause)
    {
        lock (_lock) return _watch ??= new LeaderWatch(_bootstrap, topic, _clientId, timeout, pause);
    }

    /// <summary>Asks for a topic as it is now.</summary>
    /// <exception cref="LoadException">No broker answers.</exception>
    public MetadataTopic Describe(string topic)
    {
        lock (_lock) return Metadata([new(topic)]).Topics.Single();
    }

    /// <summary>The brokers that a client is told of.</summary>
    /// <exception cref="LoadException">No broker answers.</exception>
    public IReadOnlyList<int> BrokerIds()
    {
        lock (_lock) return [.. Metadata([]).Brokers.Select(broker => broker.NodeId)];
    }

    /// <summary>The node that decides about topics and looks after the others; -1 for none.</summary>
    /// <exception cref="LoadException">No broker answers.</exception>
    public int ControllerId()
    {
        lock (_lock) return Metadata([]).ControllerId;
    }

    /// <summary>The leader of each partition.</summary>
    /// <exception cref="LoadException">The topic does not exist or a partition has no leader.</exception>
    public BrokerAddress[] Leaders(string topic)
    {
        lock (_lock)
        {
            var described = Describe(topic);
            if (described.Error != ErrorCode.None || described.Partitions.Count == 0)
                throw new LoadException($"topic {topic}: {described.Error}");

            var leaders = new BrokerAddress[described.Partitions.Count];
            foreach (var partition in described.Partitions)
                leaders[partition.Partition] = _brokers.GetValueOrDefault(partition.LeaderId) ??
                    throw new LoadException($"partition {partition.Partition} of {topic} has no leader: {partition.Error}");
            return leaders;
        }
    }

    /// <summary>An offset of every partition: <see cref="ListOffsetsRequest.Earliest"/> or <see cref="ListOffsetsRequest.Latest"/>.</summary>
    /// <exception cref="LoadException">A leader does not answer or refuses.</exception>
    public long[] Offsets(string topic, long timestamp)
    {
        lock (_lock)
        {
            var leaders = Leaders(topic);
            var offsets = new long[leaders.Length];
            foreach (var group in leaders.Select((leader, partition) => (leader, partition)).GroupBy(pair => pair.leader))
            {
                var request = new ListOffsetsRequest
                {
                    Topics = [new(topic, [.. group.Select(pair => new ListOffsetsPartition(pair.partition, timestamp))])],
                };
                var response = Connection(group.Key).Call(ApiKey.ListOffsets, request.Write, ListOffsetsResponse.Read);
                foreach (var listed in response.Topics.SelectMany(answered => answered.Partitions))
                {
                    if (listed.Error != ErrorCode.None)
                        throw new LoadException($"{group.Key} does not tell an offset of partition {listed.Partition} of {topic}: {listed.Error}");
                    offsets[listed.Partition] = listed.Offset;
                }
            }

            return offsets;
        }
    }

    /// <summary>A new identity for an idempotent producer.</summary>
    /// <exception cref="LoadException">The cluster refuses, or is not ready to give one within the timeout.</exception>
    public (long Id, short Epoch) NewProducerId()
    {
        lock (_lock)
        {
            for (var since = Clock.Now; ; Thread.Sleep(PauseMs))
            {
                var response = Any(connection => connection.Call(
                    ApiKey.InitProducerId, new InitProducerIdRequest { TransactionTimeoutMs = 60_000 }.Write, InitProducerIdResponse.Read));
                if (response.Error == ErrorCode.None) return (response.ProducerId, response.ProducerEpoch);
                if (response.Error != CoordinatorLoadInProgress || Clock.Now - since > Clock.Nanoseconds(_timeout))
                    throw new LoadException($"no producer id: {response.Error}");
            }
        }
    }

    /// <summary>The highest version of a request that this broker and this client speak.</summary>
    public short Version(BrokerAddress broker, ApiKey api, short atMost = short.MaxValue)
    {
        lock (_lock) return Connection(broker).Version(api, atMost);
    }

    /// <summary>Asks the broker that decides about topics.</summary>
    /// <exception cref="LoadException">It does not answer, or there is none.</exception>
    public T CallController<T>(ApiKey api, BodyWriter write, BodyReader<T> read)
    {
        lock (_lock)
        {
            var controller = Metadata([]).ControllerId;
            return Connection(_brokers.GetValueOrDefault(controller) ?? throw new LoadException("the cluster has no controller")).Call(api, write, read);
        }
    }

    /// <summary>Asks one broker about itself.</summary>
    /// <exception cref="LoadException">It does not answer, or there is no such broker.</exception>
    public T CallBroker<T>(int id, ApiKey api, BodyWriter write, BodyReader<T> read)
    {
        lock (_lock)
        {
            if (!_brokers.ContainsKey(id)) Metadata([]);
            return Connection(_brokers.GetValueOrDefault(id) ?? throw new LoadException($"the cluster has no broker {id}")).Call(api, write, read);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _watch?.Dispose();
            foreach (var connection in _connections.Values) connection.Dispose();
        }
    }

    private MetadataResponse Metadata(IReadOnlyList<MetadataRequestTopic> topics)
    {
        var request = new MetadataRequest { Topics = topics, AllowAutoTopicCreation = false };
        var response = Any(connection => connection.Call(ApiKey.Metadata, request.Write, MetadataResponse.Read));
        _brokers = response.Brokers.ToDictionary(broker => broker.NodeId, broker => _bootstrap[0].At(broker.Host, broker.Port));
        return response;
    }

    private T Any<T>(Func<ControlConnection, T> ask)
    {
        var problems = new List<string>();
        // One that hangs costs a timeout, but not with every question.
        foreach (var broker in _bootstrap.Concat(_brokers.Values).Distinct().OrderBy(broker => broker == _answeredLast ? 0 : 1).ToList())
        {
            try
            {
                var answer = ask(Connection(broker));
                _answeredLast = broker;
                return answer;
            }
            catch (LoadException problem)
            {
                problems.Add(problem.Message);
            }
        }

        throw new LoadException("no broker answers: " + string.Join("; ", problems));
    }

    private ControlConnection Connection(BrokerAddress broker)
    {
        if (_connections.TryGetValue(broker, out var connection) && !connection.Broken) return connection;

        connection?.Dispose();
        return _connections[broker] = new ControlConnection(broker, _clientId, _timeout);
    }
}
