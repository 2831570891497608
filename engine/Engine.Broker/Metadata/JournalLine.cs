using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Engine.Core.Cluster;
using Engine.Protocol.Wire;

namespace Engine.Broker.Metadata;

/// <summary>One line of the journal: the CRC-32C of its JSON in eight hex digits, a space, the JSON, a line feed.</summary>
/// <remarks>
/// JSON without indentation holds no line feed, so a line that ends is a line that was written to its end. All but the first begin
/// with a line feed too, so that a piece of a line before them stays by itself.
/// </remarks>
internal static class JournalLine
{
    public const byte End = (byte)'\n';

    private const int PrefixBytes = 9;
    private const int Format = 2;

    /// <summary>The first line: what the file is. The generation grows when the file is replaced by a shorter one.</summary>
    public static byte[] Header(long generation) => Write([], json =>
    {
        json.WriteString("journal", "testbed-cluster");
        json.WriteNumber("format", Format);
        json.WriteNumber("generation", generation);
    });

    /// <summary>Records that were appended together, the version they lead to, and a name by which their writer knows them again.</summary>
    public static byte[] Entry(long version, IEnumerable<ClusterRecord> records, string name) => Write([End], json =>
    {
        json.WriteNumber("version", version);
        json.WriteString("name", name);
        json.WriteStartArray("records");
        foreach (var record in records) ClusterRecordJson.Write(json, record);
        json.WriteEndArray();
    });

    /// <summary>The line behind which nothing counts: the next file goes on from this version.</summary>
    public static byte[] Last(long version) => Write([End], json =>
    {
        json.WriteNumber("version", version);
        json.WriteBoolean("last", true);
    });

    /// <summary>The JSON of a line (without its line feed) when its checksum is right.</summary>
    public static bool TryCheck(ReadOnlyMemory<byte> line, out ReadOnlyMemory<byte> json)
    {
        json = default;
        if (line.Length < PrefixBytes || line.Span[PrefixBytes - 1] != ' ') return false;
        var digits = line.Span[..(PrefixBytes - 1)];
        if (!uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var crc)) return false;

        json = line[PrefixBytes..];
        return Crc32C.Compute(json.Span) == crc;
    }

    /// <summary>The generation that a header's JSON says, or null when it is not a header this version can read.</summary>
    public static long? ReadHeader(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return root.TryGetProperty("journal", out var kind) && kind.GetString() == "testbed-cluster"
            && root.GetProperty("format").GetInt32() == Format
            ? root.GetProperty("generation").GetInt64()
            : null;
    }

    public static (long Version, List<ClusterRecord> Records, string Name, bool IsLast) ReadEntry(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var version = root.GetProperty("version").GetInt64();
        if (root.TryGetProperty("last", out _)) return (version, [], "", true);
        return (version, [.. root.GetProperty("records").EnumerateArray().Select(ClusterRecordJson.Read)],
            root.GetProperty("name").GetString() ?? "", false);
    }

    private static byte[] Write(ReadOnlySpan<byte> before, Action<Utf8JsonWriter> content)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        var crc = Crc32C.Compute(body.WrittenSpan).ToString("x8", CultureInfo.InvariantCulture);
        return [.. before, .. Encoding.ASCII.GetBytes(crc), (byte)' ', .. body.WrittenSpan, End];
    }
}
