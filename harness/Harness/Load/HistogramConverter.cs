using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Core.Strategies;

namespace Harness.Load;

/// <summary>
/// A histogram in JSON: a few percentiles for people, then all of it: <c>min</c>, <c>max</c>, <c>sum</c> in units of 100 ns and
/// <c>counts</c> as pairs of (distance from the bucket before, count). Reading ignores the percentiles.
/// </summary>
internal sealed class HistogramConverter : JsonConverter<Histogram>
{
    private static readonly (string Name, double Percent)[] Shown = [("p50", 50), ("p90", 90), ("p99", 99), ("p99.9", 99.9), ("p99.99", 99.99)];

    public override void Write(Utf8JsonWriter writer, Histogram value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteNumber("count", value.Count);
        writer.WriteString("mean", Quantity.Format(value.Mean));
        foreach (var (name, percent) in Shown) writer.WriteString(name, Quantity.Format(value.Percentile(percent)));
        writer.WriteString("min", Quantity.Format(value.Min));
        writer.WriteString("max", Quantity.Format(value.Max));
        writer.WriteNumber("sum", value.SumTicks);
        writer.WritePropertyName("counts");
        writer.WriteRawValue($"[{string.Join(',', value.ToSparse())}]"); // on one line, however the rest is laid out: there are thousands
        writer.WriteEndObject();
    }

    public override Histogram Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        try
        {
            return Histogram.FromSparse(
                [.. root.GetProperty("counts").EnumerateArray().Select(number => number.GetInt64())],
                Duration(root, "min"), Duration(root, "max"), root.GetProperty("sum").GetDouble());
        }
        catch (Exception problem) when (problem is KeyNotFoundException or FormatException or InvalidOperationException)
        {
            throw new JsonException("not a histogram: " + problem.Message);
        }
    }

    private static TimeSpan Duration(JsonElement root, string name) =>
        Quantity.ParseDuration(root.GetProperty(name).GetString() ?? "") ?? throw new FormatException($"{name} is not a duration");
}
