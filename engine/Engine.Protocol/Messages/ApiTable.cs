using Engine.Protocol.Wire;

namespace Engine.Protocol.Messages;

/// <summary>One request kind: the versions the engine speaks and where the encoding changes.</summary>
/// <param name="Key">Which request.</param>
/// <param name="MinVersion">The lowest version that is served.</param>
/// <param name="MaxVersion">The highest version that is served.</param>
/// <param name="AdvertisedMin">The lowest version that ApiVersions names, which may be lower than what is served.</param>
/// <param name="FirstFlexible">The first version with compact lengths and tagged fields (KIP-482).</param>
/// <param name="IsBetweenBrokers">Whether it is ours and for brokers only: clients are not told of it.</param>
public readonly record struct Api(ApiKey Key, short MinVersion, short MaxVersion, short AdvertisedMin, short FirstFlexible, bool IsBetweenBrokers = false)
{
    public string Name => Key.ToString();

    public bool Serves(short version) => version >= MinVersion && version <= MaxVersion;
}

/// <summary>Every request kind that the engine speaks, in one place for dispatch, for ApiVersions and for clients.</summary>
/// <remarks>Minimums are those of Kafka 4.0 (KIP-896), maximums reach all that current clients insist on.</remarks>
public static class ApiTable
{
    private static readonly Api[] Rows =
    [
        // librdkafka before 2.6 silently sends uncompressed unless 0 lies in the advertised range (KAFKA-18659).
        Row(ApiKey.Produce, 3, 11, firstFlexible: 9, advertisedMin: 0),
        // From 13 on topics are named by id; a client without one, or told 12, names them.
        Row(ApiKey.Fetch, 4, 12, firstFlexible: 12),
        Row(ApiKey.ListOffsets, 1, 8, firstFlexible: 6),
        Row(ApiKey.Metadata, 0, 12, firstFlexible: 9),
        Row(ApiKey.ApiVersions, 0, 4, firstFlexible: 3),
        Row(ApiKey.CreateTopics, 2, 7, firstFlexible: 5),
        Row(ApiKey.DeleteTopics, 1, 6, firstFlexible: 4),
        Row(ApiKey.DeleteRecords, 0, 2, firstFlexible: 2),
        Row(ApiKey.InitProducerId, 0, 4, firstFlexible: 2),
        Row(ApiKey.DescribeConfigs, 1, 4, firstFlexible: 4),
    ];

    private static readonly Api[] BetweenBrokers = [new(ApiKey.Push, PushRequest.Version, PushRequest.Version, PushRequest.Version, short.MaxValue, IsBetweenBrokers: true)];

    private static readonly Api?[] ByKey = IndexByKey();

    /// <summary>What clients are told of.</summary>
    public static ReadOnlySpan<Api> All => Rows;

    /// <summary>Finds a request kind; false when the engine does not know it.</summary>
    public static bool TryGet(ApiKey key, out Api api)
    {
        var row = (uint)key < (uint)ByKey.Length ? ByKey[(int)key] : null;
        api = row.GetValueOrDefault();
        return row.HasValue;
    }

    public static bool Serves(ApiKey key, short version) => TryGet(key, out var api) && api.Serves(version);

    /// <summary>Whether this version has compact lengths and tagged fields, in its body and its request header.</summary>
    public static bool IsFlexible(ApiKey key, short version) => TryGet(key, out var api) && version >= api.FirstFlexible;

    /// <summary>Whether the response header ends in tagged fields (version 1).</summary>
    /// <remarks>Never for ApiVersions: its asker does not yet know what the broker understands (KIP-511).</remarks>
    public static bool HasFlexibleResponseHeader(ApiKey key, short version) =>
        key != ApiKey.ApiVersions && IsFlexible(key, version);

    private static Api Row(ApiKey key, short min, short max, short firstFlexible, short? advertisedMin = null) =>
        new(key, min, max, advertisedMin ?? min, firstFlexible);

    private static Api?[] IndexByKey()
    {
        Api[] all = [.. Rows, .. BetweenBrokers];
        var byKey = new Api?[all.Max(row => (int)row.Key) + 1];
        foreach (var row in all) byKey[(int)row.Key] = row;
        return byKey;
    }
}
