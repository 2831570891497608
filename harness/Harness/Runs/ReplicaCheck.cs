using Harness.Checking;
using Harness.Load;
using Harness.Systems;

namespace Harness.Runs;

/// <summary>What a run says of its replicas: whether they hold the same bytes once everything has healed.</summary>
/// <remarks>Looked at in two steps, as files are compared when their nodes have stopped: some write paths keep the last bytes to themselves.</remarks>
internal sealed class ReplicaCheck
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    private readonly string _topic;
    private readonly IReadOnlyList<long> _highWatermarks;
    private readonly IReadOnlyList<IReadOnlyList<ReplicaPlace>> _replicas;

    private ReplicaCheck(string topic, IReadOnlyList<long> highWatermarks, IReadOnlyList<IReadOnlyList<ReplicaPlace>> replicas) =>
        (_topic, _highWatermarks, _replicas) = (topic, highWatermarks, replicas);

    /// <summary>Waits until all replicas are in sync and notes up to where they must be equal.</summary>
    /// <exception cref="LoadException">That did not come about.</exception>
    public static ReplicaCheck Begin(Cluster cluster, string topic, TimeSpan patience, CancellationToken stop)
    {
        using var admin = new AdminClient([.. cluster.Nodes.Select(node => node.Endpoint)], AnswerTimeout);
        admin.WaitUntilReady(topic, patience, stop);
        var partitions = admin.DescribeTopic(topic).Partitions.OrderBy(partition => partition.Partition).ToList();
        var places = cluster.Nodes.ToDictionary(node => node.Id, node => new ReplicaPlace(node.Id, node.Place.DataFolder));
        return new(topic, admin.EndOffsets(topic), [.. partitions.Select(partition => partition.Replicas.Select(node => places[node]).ToList())]);
    }

    /// <summary>Compares the files, once the nodes have stopped.</summary>
    public IReadOnlyList<string> Differences() =>
        [.. _replicas.SelectMany((places, partition) => ReplicaComparison.Differences(_topic, partition, _highWatermarks[partition], places, out _))];
}
