using System.Diagnostics;
using System.Globalization;
using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;
using Harness.Load.Wire;

namespace Harness.Load;

/// <summary>Creates and deletes topics on any Kafka-compatible cluster.</summary>
/// <remarks>Its methods block until done. Thread-safe.</remarks>
/// <param name="bootstrap">Brokers as <c>host:port</c>; any that answers will do.</param>
/// <param name="timeout">For connecting and for each answer.</param>
public sealed class AdminClient(IReadOnlyList<string> bootstrap, TimeSpan timeout) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Cluster _cluster = new(bootstrap, "testbed-admin", timeout);

    /// <summary>Creates a topic; it is ready for use only after <see cref="WaitUntilReady"/>.</summary>
    /// <exception cref="LoadException">The cluster refuses or does not answer.</exception>
    public void CreateTopic(string name, int partitions, short replicationFactor, IReadOnlyDictionary<string, string>? configs = null)
    {
        var request = new CreateTopicsRequest
        {
            Topics =
            [
                new NewTopic
                {
                    Name = name,
                    PartitionCount = partitions,
                    ReplicationFactor = replicationFactor,
                    Configs = [.. (configs ?? new Dictionary<string, string>()).Select(config => new TopicSetting(config.Key, config.Value))],
                },
            ],
            TimeoutMs = (int)timeout.TotalMilliseconds,
        };
        var created = _cluster.CallController(ApiKey.CreateTopics, request.Write, CreateTopicsResponse.Read).Topics.Single();
        if (created.Error != ErrorCode.None)
            throw new LoadException($"topic {name} was not created: {created.Error}{(created.ErrorMessage is { } message ? ", " + message : "")}");
    }

    /// <summary>Waits until every partition has all its replicas in sync and its leader answers for it.</summary>
    /// <exception cref="LoadException">That was not so within <paramref name="patience"/>; the message says what was missing.</exception>
    public void WaitUntilReady(string topic, TimeSpan patience, CancellationToken cancellation = default)
    {
        var since = Stopwatch.StartNew();
        while (WhatIsMissing(topic) is { } missing)
        {
            if (since.Elapsed > patience) throw new LoadException($"topic {topic} is not ready after {patience.TotalSeconds:0.#} s: {missing}");
            cancellation.WaitHandle.WaitOne(Pause);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <exception cref="LoadException">The cluster refuses or does not answer.</exception>
    public void DeleteTopic(string name)
    {
        var request = new DeleteTopicsRequest { Topics = [new TopicToDelete(name)], TimeoutMs = (int)timeout.TotalMilliseconds };
        var deleted = _cluster.CallController(ApiKey.DeleteTopics, request.Write, DeleteTopicsResponse.Read).Topics.Single();
        if (deleted.Error != ErrorCode.None) throw new LoadException($"topic {name} was not deleted: {deleted.Error}");
    }

    /// <summary>The topic's partitions as the cluster sees them: leaders, replicas, in-sync replicas.</summary>
    public MetadataTopic DescribeTopic(string name) => _cluster.Describe(name);

    /// <summary>The brokers that the cluster tells clients of: those that take requests.</summary>
    /// <exception cref="LoadException">No broker answers.</exception>
    public IReadOnlyList<int> BrokerIds => _cluster.BrokerIds();

    /// <summary>Every setting of a broker, as it says itself.</summary>
    /// <exception cref="LoadException">It refuses or does not answer.</exception>
    public IReadOnlyList<DescribedSetting> DescribeBroker(int id)
    {
        var name = id.ToString(CultureInfo.InvariantCulture);
        var request = new DescribeConfigsRequest { Resources = [new(ConfigResourceType.Broker, name)] };
        var described = _cluster.CallBroker(id, ApiKey.DescribeConfigs, request.Write, DescribeConfigsResponse.Read).Resources.Single();
        return described.Error == ErrorCode.None
            ? described.Configs
            : throw new LoadException($"broker {id} does not tell its settings: {described.Error}{(described.ErrorMessage is { } message ? ", " + message : "")}");
    }

    /// <summary>The node that decides about topics and looks after the others; -1 for none.</summary>
    public int ControllerId => _cluster.ControllerId();

    /// <summary>The offset after the last readable record of every partition.</summary>
    public IReadOnlyList<long> EndOffsets(string topic) => _cluster.Offsets(topic, ListOffsetsRequest.Latest);

    /// <summary>The first readable offset of every partition.</summary>
    public IReadOnlyList<long> StartOffsets(string topic) => _cluster.Offsets(topic, ListOffsetsRequest.Earliest);

    public void Dispose() => _cluster.Dispose();

    private string? WhatIsMissing(string topic)
    {
        try
        {
            var described = _cluster.Describe(topic);
            if (described.Error != ErrorCode.None) return described.Error.ToString();
            if (described.Partitions.Count == 0) return "it has no partitions yet";

            foreach (var partition in described.Partitions)
            {
                if (partition.LeaderId < 0) return $"partition {partition.Partition} has no leader";
                if (partition.InSyncReplicas.Count < partition.Replicas.Count)
                    return $"partition {partition.Partition} has {partition.InSyncReplicas.Count} of {partition.Replicas.Count} replicas in sync";
            }

            _cluster.Offsets(topic, ListOffsetsRequest.Latest);
            return null;
        }
        catch (LoadException problem)
        {
            return problem.Message;
        }
    }
}
