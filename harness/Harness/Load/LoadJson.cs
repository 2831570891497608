using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Core.Strategies;
using Harness.Files;

namespace Harness.Load;

/// <summary>Specs, progress lines and reports as single lines of JSON; durations and sizes read <c>5ms</c>, <c>128KiB</c>.</summary>
public static class LoadJson
{
    // By reflection: the source generator sets init-only properties that the text leaves out to zero instead of their defaults.
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new DurationConverter(), new HistogramConverter() },
    };

    public static string Write(LoadSpec spec) => JsonSerializer.Serialize(spec, Options);

    public static string Write(FileSpec spec) => JsonSerializer.Serialize(spec, Options);

    public static string Write(LoadReport report) => JsonSerializer.Serialize(report, Options);

    public static string Write(LoadLine line) => JsonSerializer.Serialize(line, Options);

    /// <exception cref="JsonException">Not a spec; an unknown property counts as such, for a misspelt one would go unheeded.</exception>
    public static LoadSpec ReadSpec(string json) => Read<LoadSpec>(json);

    /// <exception cref="JsonException">Not a file worker's job.</exception>
    public static FileSpec ReadFileSpec(string json) => Read<FileSpec>(json);

    /// <exception cref="JsonException">Not a report.</exception>
    public static LoadReport ReadReport(string json) => Read<LoadReport>(json);

    /// <exception cref="JsonException">Not a line of a worker.</exception>
    public static LoadLine ReadLine(string json) => Read<LoadLine>(json);

    private static T Read<T>(string json) where T : class =>
        JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException("null where an object is needed");
}

/// <summary>A duration as text with its unit; exact to 100 ns.</summary>
internal sealed class DurationConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.GetString() ?? "";
        return Quantity.ParseDuration(text) ?? throw new JsonException($"'{text}' is not a duration such as 5ms");
    }

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Quantity.Format(value));
}

/// <summary>A size in bytes as text with its unit.</summary>
internal sealed class ByteCountConverter : JsonConverter<long>
{
    public override long Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.GetString() ?? "";
        return Quantity.ParseBytes(text) ?? throw new JsonException($"'{text}' is not a size such as 128KiB");
    }

    public override void Write(Utf8JsonWriter writer, long value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Quantity.FormatBytes(value));
}
