using Engine.Protocol.Messages;
using Engine.Protocol.Wire;

namespace Harness.Load.Wire;

/// <summary>Who leads a topic's partitions now, asked of all brokers at once while somebody wants to know.</summary>
/// <remarks>
/// A thread a broker, so that one that hangs delays nobody. Of what they say the highest leader epoch counts: a broker that was
/// cut off goes on naming a leader of the past. Thread-safe; without a question there is no thread and no request.
/// </remarks>
internal sealed class LeaderWatch : IDisposable
{
    private readonly object _gate = new();
    private readonly IReadOnlyList<BrokerAddress> _bootstrap;
    private readonly string _topic;
    private readonly string _clientId;
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _pause;
    private readonly HashSet<BrokerAddress> _asked = [];
    private readonly Dictionary<int, Leadership> _known = [];
    private long _wantedSince = long.MinValue;
    private bool _stopped;

    /// <param name="bootstrap">The brokers to begin with; others become known by their answers.</param>
    /// <param name="topic">Whose leaders.</param>
    /// <param name="clientId">What brokers are told we are called.</param>
    /// <param name="timeout">For connecting and for each answer.</param>
    /// <param name="pause">From one question to a broker to the next.</param>
    public LeaderWatch(IReadOnlyList<BrokerAddress> bootstrap, string topic, string clientId, TimeSpan timeout, TimeSpan pause) =>
        (_bootstrap, _topic, _clientId, _timeout, _pause) = (bootstrap, topic, clientId, timeout, pause);

    /// <summary>The leader as it was told to somebody who asked after <paramref name="since"/>; null while nobody knows, which is then asked for.</summary>
    public BrokerAddress? Leader(int partition, long since)
    {
        lock (_gate)
        {
            if (_known.TryGetValue(partition, out var known) && known.AskedAt >= since && known.Leader is { } leader) return leader;

            _wantedSince = Clock.Now;
            foreach (var broker in _bootstrap) Watch(broker);
            Monitor.PulseAll(_gate);
            return null;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Watch(BrokerAddress broker)
    {
        if (_asked.Add(broker)) new Thread(() => Ask(broker)) { IsBackground = true, Name = $"leader watch {broker}" }.Start();
    }

    private void Ask(BrokerAddress broker)
    {
        ControlConnection? connection = null;
        var request = new MetadataRequest { Topics = [new(_topic)], AllowAutoTopicCreation = false };
        for (var asked = long.MinValue; WaitUntilWanted(asked); Thread.Sleep(_pause))
        {
            asked = Clock.Now;
            try
            {
                if (connection is null or { Broken: true })
                {
                    connection?.Dispose();
                    connection = null; // it stays so where connecting fails
                    connection = new ControlConnection(broker, _clientId, _timeout);
                }

                Learn(connection.Call(ApiKey.Metadata, request.Write, MetadataResponse.Read), asked);
            }
            catch (LoadException)
            {
                // It may be back when it is asked again; meanwhile there are the others.
            }
        }

        connection?.Dispose();
    }

    private bool WaitUntilWanted(long asked)
    {
        lock (_gate)
        {
            while (!_stopped && asked >= _wantedSince) Monitor.Wait(_gate);
            return !_stopped;
        }
    }

    private void Learn(MetadataResponse answer, long asked)
    {
        var brokers = answer.Brokers.ToDictionary(broker => broker.NodeId, broker => _bootstrap[0].At(broker.Host, broker.Port));
        lock (_gate)
        {
            if (_stopped) return;

            foreach (var broker in brokers.Values) Watch(broker);
            foreach (var partition in answer.Topics.SelectMany(topic => topic.Partitions))
            {
                if (_known.TryGetValue(partition.Partition, out var known) && known.Epoch > partition.LeaderEpoch) continue;
                _known[partition.Partition] = new(brokers.GetValueOrDefault(partition.LeaderId), partition.LeaderEpoch, asked);
            }
        }
    }

    private readonly record struct Leadership(BrokerAddress? Leader, int Epoch, long AskedAt);
}
