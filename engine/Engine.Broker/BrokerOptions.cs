using System.Globalization;
using System.Net;
using Engine.Broker.Checks;
using Engine.Broker.Metadata;
using Engine.Broker.Network;
using Engine.Broker.Replication;
using Engine.Core.Acks;
using Engine.Core.Cluster;
using Engine.Core.Strategies;
using Engine.Storage.Cache;
using Engine.Storage.Compaction;
using Engine.Storage.Flush;
using Engine.Storage.Read;
using Engine.Storage.Write;

namespace Engine.Broker;

/// <summary>Everything a node is started with. Immutable; <see cref="Problems"/> tells all that is wrong with it at once.</summary>
internal sealed record BrokerOptions
{
    /// <summary>The node's id in the cluster, at least 0. Required.</summary>
    public int NodeId { get; init; } = -1;

    /// <summary>Where clients connect. Loopback unless told otherwise: there is no authentication. Port 0: a free one.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 9092);

    /// <summary>Where the other brokers connect. Port 0: a free one.</summary>
    public IPEndPoint InterBroker { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>The host name given to clients; null: the address listened on.</summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>Where the other brokers are told to connect, such as <c>10.0.0.9:9193</c>; null: the address listened on.</summary>
    public IPEndPoint? AdvertisedInterBroker { get; init; }

    /// <summary>The folder of this node's logs. Required.</summary>
    public string Data { get; init; } = "";

    /// <summary>The folder that all nodes of the cluster share; null: one inside <see cref="Data"/>, for a cluster of one.</summary>
    public string? Cluster { get; init; }

    public string Network { get; init; } = Transports.Catalog.Default;

    public string Write { get; init; } = WritePaths.Catalog.Default;

    public string Flush { get; init; } = FlushPolicies.Catalog.Default;

    public string Read { get; init; } = ReadPaths.Catalog.Default;

    public string Cache { get; init; } = BatchCaches.Catalog.Default;

    public string Replication { get; init; } = Replications.Catalog.Default;

    public string Metadata { get; init; } = MetadataStores.Catalog.Default;

    public string Check { get; init; } = BatchChecks.Catalog.Default;

    /// <summary>What a producer's acks=all asks for.</summary>
    public string Acks { get; init; } = AckRules.Catalog.Default;

    /// <summary>What topics have unless they say otherwise.</summary>
    public TopicConfig Topics { get; init; } = new();

    /// <summary>Partitions of a topic whose creator names no number.</summary>
    public int DefaultPartitions { get; init; } = 1;

    /// <summary>Replicas of a topic whose creator names no number.</summary>
    public short DefaultReplicationFactor { get; init; } = 1;

    /// <summary>Whether asking for an unknown topic's metadata creates it.</summary>
    public bool AutoCreateTopics { get; init; } = true;

    /// <summary>How long a follower may lag before it is dropped from the in-sync set.</summary>
    public TimeSpan ReplicaLagMax { get; init; } = TimeoutPreset.Default.ReplicaLagMax;

    /// <summary>When this node counts as dead to the others, and they to it. The same for all nodes.</summary>
    public SessionTimes Session { get; init; } = TimeoutPreset.Default.Session;

    /// <summary>Whether leadership goes back to the first replica of an assignment once that is in sync again.</summary>
    public bool BalancesLeaders { get; init; } = true;

    /// <summary>How often that is looked at. Kafka's default.</summary>
    public TimeSpan BalanceInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often logs are checked for segments to drop.</summary>
    public TimeSpan RetentionCheckInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a producer that sends nothing is remembered, so that what it sends again is stored once. Kafka's default.</summary>
    public TimeSpan ProducerIdExpiration { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Whether this node compacts the logs of topics that say so.</summary>
    public bool Compacts { get; init; } = true;

    /// <summary>What it gives to that.</summary>
    public CompactorSettings Compactor { get; init; } = new();

    /// <summary>How clients' connections are protected.</summary>
    public ClientSecurity Security { get; init; } = ClientSecurity.Default;

    /// <summary>The largest request taken, in bytes. Kafka's default, 100 MiB.</summary>
    public int MaxRequestBytes { get; init; } = 100 << 20;

    /// <summary>Stop when standard input ends: a node that was started by a program must not outlive it.</summary>
    public bool StopWithStdin { get; init; }

    /// <summary>Resolve and print the configuration, then exit without touching a folder or a port.</summary>
    public bool CheckOnly { get; init; }

    /// <summary>The folder of the cluster's shared state.</summary>
    public string ClusterFolder => Cluster ?? Path.Combine(Data, "cluster");

    private static IStrategyCatalog[] Catalogs { get; } =
        [ReadPaths.Catalog, WritePaths.Catalog, FlushPolicies.Catalog, BatchCaches.Catalog, Transports.Catalog, Replications.Catalog, MetadataStores.Catalog, BatchChecks.Catalog, AckRules.Catalog];

    /// <summary>Reads a command line. What cannot be read is added to <paramref name="problems"/>.</summary>
    public static BrokerOptions Parse(IReadOnlyList<string> args, List<string> problems)
    {
        var options = new BrokerOptions();
        var given = new List<(string Name, string Value)>();
        for (var i = 0; i < args.Count; i++)
        {
            var name = args[i];
            if (name is "--stop-with-stdin") options = options with { StopWithStdin = true };
            else if (name is "--check") options = options with { CheckOnly = true };
            else if (!KnownNames.Contains(name))
            {
                problems.Add($"there is no option '{name}': choose {string.Join(", ", KnownNames)}, --stop-with-stdin, --check");
                // What follows is most likely its value: one slip of the pen, one line.
                if (i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal)) i++;
            }
            else if (++i >= args.Count) problems.Add($"{name} needs a value");
            else given.Add((name, args[i]));
        }

        // A preset first: what is set beside it is meant to change it, wherever it stands.
        foreach (var (name, value) in given.OrderByDescending(IsPreset)) options = options.With(name, value, problems);
        return options;
    }

    /// <summary>Everything that keeps a node from starting with this, a line each.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        if (NodeId < 0) problems.Add("--node-id is required: a number from 0 up, different for each node");
        if (Data.Length == 0 && !CheckOnly) problems.Add("--data is required: the folder for this node's logs");
        if (Session.Problem() is { } session) problems.Add(session);
        if (Security.Problem(looksAtFiles: !CheckOnly) is { } security) problems.Add(security);
        foreach (var (catalog, text) in Catalogs.Zip(StrategyTexts()))
        {
            try
            {
                catalog.Resolve(text);
            }
            catch (StrategyException error)
            {
                problems.Add($"{OptionOf(catalog)} {text}: {error.Message}");
            }
        }

        if (problems.Count == 0 && AckRules.Catalog.Create(Acks).Instance.NeedsFlush && WritePaths.Catalog.Create(Write).Instance.IsVolatile)
            problems.Add($"--acks {Acks}: --write {Write} keeps nothing that could be flushed");
        return problems;
    }

    /// <summary>The configuration as it is in force, defaults filled in: what a result must be stored with.</summary>
    public IReadOnlyDictionary<string, string> Resolved()
    {
        var resolved = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (seam, label) in ResolvedStrategies()) resolved[seam] = label;
        if (Security.UsesTls) resolved["read.clients"] = Security.ReadFor(resolved[ReadPaths.Catalog.Seam]);
        foreach (var key in TopicConfigKey.All) resolved[key.Name] = key.Get(Topics);
        foreach (var setting in NodeSetting.All) resolved[setting.Name] = setting.Get(this);
        return resolved;
    }

    /// <summary>Each seam's strategy with all its parameters.</summary>
    public IReadOnlyDictionary<string, string> ResolvedStrategies() =>
        Catalogs.Zip(StrategyTexts()).ToDictionary(pair => pair.First.Seam, pair => pair.First.Resolve(pair.Second));

    private static readonly string[] KnownNames =
        ["--node-id", "--listen", "--inter-broker", "--advertise", "--advertise-inter-broker", "--data", "--cluster", "--read", "--write", "--flush", "--cache", "--network", "--replication", "--metadata", "--check-batches", "--acks", "--set"];

    private static bool IsPreset((string Name, string Value) option) =>
        option.Name == "--set" && option.Value.StartsWith(NodeSetting.Preset + "=", StringComparison.Ordinal);

    // --check alone asks for the options to be checked.
    private static string OptionOf(IStrategyCatalog catalog) => catalog == BatchChecks.Catalog ? "--check-batches" : "--" + catalog.Seam;

    // In the order of Catalogs.
    private string[] StrategyTexts() => [Read, Write, Flush, Cache, Network, Replication, Metadata, Check, Acks];

    private BrokerOptions With(string name, string value, List<string> problems)
    {
        switch (name)
        {
            case "--node-id" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var id): return this with { NodeId = id };
            case "--listen" when IPEndPoint.TryParse(value, out var endpoint): return this with { Listen = endpoint };
            case "--inter-broker" when IPEndPoint.TryParse(value, out var endpoint): return this with { InterBroker = endpoint };
            case "--advertise": return this with { AdvertisedHost = value };
            case "--advertise-inter-broker" when IPEndPoint.TryParse(value, out var endpoint): return this with { AdvertisedInterBroker = endpoint };
            case "--data": return this with { Data = value };
            case "--cluster": return this with { Cluster = value };
            case "--read": return this with { Read = value };
            case "--write": return this with { Write = value };
            case "--flush": return this with { Flush = value };
            case "--cache": return this with { Cache = value };
            case "--network": return this with { Network = value };
            case "--replication": return this with { Replication = value };
            case "--metadata": return this with { Metadata = value };
            case "--check-batches": return this with { Check = value };
            case "--acks": return this with { Acks = value };
            case "--set": return WithSetting(value, problems);
            default:
                problems.Add(name == "--node-id" ? $"--node-id {value}: give a number from 0 up" : $"{name} {value}: give an address and port, such as 127.0.0.1:9092");
                return this;
        }
    }

    private BrokerOptions WithSetting(string assignment, List<string> problems)
    {
        var equals = assignment.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            problems.Add($"--set {assignment}: write key=value");
            return this;
        }

        var (key, value) = (assignment[..equals], assignment[(equals + 1)..]);
        if (NodeSetting.All.FirstOrDefault(setting => setting.Name == key) is { } node)
        {
            if (node.Set(this, value) is { } changed) return changed;
            problems.Add($"--set {assignment}: give {node.Allowed}");
            return this;
        }

        if (TopicConfigKey.Find(key) is null)
            problems.Add($"there is no setting '{key}': choose {string.Join(", ", NodeSetting.All.Select(s => s.Name).Concat(TopicConfigKey.All.Select(k => k.Name)))}");
        else if (TopicConfig.Problem(key, value) is { } problem) problems.Add(problem);
        else return this with { Topics = Topics.With([new(key, value)]) };
        return this;
    }
}
