using Engine.Core;
using Engine.Protocol.Wire;

namespace Engine.Protocol.Messages;

/// <summary>Asks for the settings of topics or brokers. Versions 1-4.</summary>
public sealed record DescribeConfigsRequest
{
    public IReadOnlyList<ConfigResource> Resources { get; init; } = [];

    public bool IncludeSynonyms { get; init; }

    /// <summary>3+.</summary>
    public bool IncludeDocumentation { get; init; }

    public static DescribeConfigsRequest Read(ref WireReader reader, short version)
    {
        reader.Flexible = ApiTable.IsFlexible(ApiKey.DescribeConfigs, version);
        var request = new DescribeConfigsRequest
        {
            Resources = reader.ReadList(version, ConfigResource.Read),
            IncludeSynonyms = reader.ReadBool(),
            IncludeDocumentation = version >= 3 && reader.ReadBool(),
        };
        reader.EndStruct();
        return request;
    }

    public void Write(ref WireWriter writer, short version)
    {
        writer.Flexible = ApiTable.IsFlexible(ApiKey.DescribeConfigs, version);
        writer.WriteList(Resources, version, ConfigResource.Write);
        writer.WriteBool(IncludeSynonyms);
        if (version >= 3) writer.WriteBool(IncludeDocumentation);
        writer.EndStruct();
    }
}

/// <param name="Type">What has the settings.</param>
/// <param name="Name">The topic's name or the broker's id.</param>
/// <param name="Keys">The settings asked for; null for all.</param>
public sealed record ConfigResource(ConfigResourceType Type, string Name, IReadOnlyList<string>? Keys = null)
{
    internal static ConfigResource Read(ref WireReader reader, short version)
    {
        var resource = new ConfigResource(
            (ConfigResourceType)reader.ReadInt8(), reader.ReadString(),
            reader.ReadNullableList(version, static (ref reader, _) => reader.ReadString()));
        reader.EndStruct();
        return resource;
    }

    internal static void Write(ConfigResource resource, ref WireWriter writer, short version)
    {
        writer.WriteInt8((sbyte)resource.Type);
        writer.WriteString(resource.Name);
        writer.WriteList(resource.Keys, version, static (key, ref writer, _) => writer.WriteString(key));
        writer.EndStruct();
    }
}

/// <summary>What has settings. Source: Kafka's <c>ConfigResource.Type</c>.</summary>
public enum ConfigResourceType : sbyte
{
    Topic = 2,
    Broker = 4,
}

/// <summary>Who set a setting. Source: Kafka's <c>DescribeConfigsResponse.ConfigSource</c>.</summary>
public enum ConfigSource : sbyte
{
    Topic = 1,
    DynamicBroker = 2,
    DynamicDefaultBroker = 3,
    StaticBroker = 4,
    Default = 5,
}

/// <summary>What a setting's value is. Source: Kafka's <c>DescribeConfigsResponse.ConfigType</c>.</summary>
#pragma warning disable CA1720 // the names are Kafka's
public enum ConfigType : sbyte
{
    Unknown = 0,
    Boolean = 1,
    String = 2,
    Int = 3,
    Short = 4,
    Long = 5,
    Double = 6,
    List = 7,
}
#pragma warning restore CA1720

/// <summary>The settings asked for. Versions 1-4.</summary>
public sealed record DescribeConfigsResponse
{
    public int ThrottleTimeMs { get; init; }

    public IReadOnlyList<DescribedResource> Resources { get; init; } = [];

    public static DescribeConfigsResponse Read(ref WireReader reader, short version)
    {
        reader.Flexible = ApiTable.IsFlexible(ApiKey.DescribeConfigs, version);
        var response = new DescribeConfigsResponse
        {
            ThrottleTimeMs = reader.ReadInt32(),
            Resources = reader.ReadList(version, DescribedResource.Read),
        };
        reader.EndStruct();
        return response;
    }

    public void Write(ref WireWriter writer, short version)
    {
        writer.Flexible = ApiTable.IsFlexible(ApiKey.DescribeConfigs, version);
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteList(Resources, version, DescribedResource.Write);
        writer.EndStruct();
    }
}

public sealed record DescribedResource
{
    public ErrorCode Error { get; init; }

    public string? ErrorMessage { get; init; }

    public ConfigResourceType Type { get; init; }

    public string Name { get; init; } = "";

    public IReadOnlyList<DescribedSetting> Configs { get; init; } = [];

    internal static DescribedResource Read(ref WireReader reader, short version)
    {
        var resource = new DescribedResource
        {
            Error = (ErrorCode)reader.ReadInt16(),
            ErrorMessage = reader.ReadNullableString(),
            Type = (ConfigResourceType)reader.ReadInt8(),
            Name = reader.ReadString(),
            Configs = reader.ReadList(version, DescribedSetting.Read),
        };
        reader.EndStruct();
        return resource;
    }

    internal static void Write(DescribedResource resource, ref WireWriter writer, short version)
    {
        writer.WriteInt16((short)resource.Error);
        writer.WriteNullableString(resource.ErrorMessage);
        writer.WriteInt8((sbyte)resource.Type);
        writer.WriteString(resource.Name);
        writer.WriteList(resource.Configs, version, DescribedSetting.Write);
        writer.EndStruct();
    }
}

public sealed record DescribedSetting
{
    public string Name { get; init; } = "";

    /// <summary>Null when it is sensitive or has none.</summary>
    public string? Value { get; init; }

    public bool ReadOnly { get; init; }

    public ConfigSource Source { get; init; } = ConfigSource.Default;

    public bool IsSensitive { get; init; }

    /// <summary>The places the value could come from, the one in force first; empty unless asked for.</summary>
    public IReadOnlyList<ConfigSynonym> Synonyms { get; init; } = [];

    /// <summary>3+.</summary>
    public ConfigType Type { get; init; }

    /// <summary>3+.</summary>
    public string? Documentation { get; init; }

    internal static DescribedSetting Read(ref WireReader reader, short version)
    {
        var setting = new DescribedSetting
        {
            Name = reader.ReadString(),
            Value = reader.ReadNullableString(),
            ReadOnly = reader.ReadBool(),
            Source = (ConfigSource)reader.ReadInt8(),
            IsSensitive = reader.ReadBool(),
            Synonyms = reader.ReadList(version, ConfigSynonym.Read),
            Type = version >= 3 ? (ConfigType)reader.ReadInt8() : ConfigType.Unknown,
            Documentation = version >= 3 ? reader.ReadNullableString() : null,
        };
        reader.EndStruct();
        return setting;
    }

    internal static void Write(DescribedSetting setting, ref WireWriter writer, short version)
    {
        writer.WriteString(setting.Name);
        writer.WriteNullableString(setting.Value);
        writer.WriteBool(setting.ReadOnly);
        writer.WriteInt8((sbyte)setting.Source);
        writer.WriteBool(setting.IsSensitive);
        writer.WriteList(setting.Synonyms, version, ConfigSynonym.Write);
        if (version >= 3)
        {
            writer.WriteInt8((sbyte)setting.Type);
            writer.WriteNullableString(setting.Documentation);
        }

        writer.EndStruct();
    }
}

public sealed record ConfigSynonym(string Name, string? Value, ConfigSource Source)
{
    internal static ConfigSynonym Read(ref WireReader reader, short version)
    {
        var synonym = new ConfigSynonym(reader.ReadString(), reader.ReadNullableString(), (ConfigSource)reader.ReadInt8());
        reader.EndStruct();
        return synonym;
    }

    internal static void Write(ConfigSynonym synonym, ref WireWriter writer, short version)
    {
        writer.WriteString(synonym.Name);
        writer.WriteNullableString(synonym.Value);
        writer.WriteInt8((sbyte)synonym.Source);
        writer.EndStruct();
    }
}
