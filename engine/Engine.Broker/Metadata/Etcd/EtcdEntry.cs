using System.Buffers;
using System.IO.Compression;
using System.Text.Json;
using Engine.Core.Cluster;

namespace Engine.Broker.Metadata.Etcd;

/// <summary>Records as the value of a key: JSON, packed with gzip where it is long.</summary>
/// <remarks>
/// Packed, since etcd takes 1.5 MiB in a request and a change of ten thousand partitions is more; told apart by the first byte. etcd keeps
/// a checksum of all it stores.
/// </remarks>
internal static class EtcdEntry
{
    private const int PackFromBytes = 4096;

    public static byte[] Write(long version, IEnumerable<ClusterRecord> records, string writer)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteNumber("version", version);
            json.WriteString("by", writer);
            json.WriteStartArray("records");
            foreach (var record in records) ClusterRecordJson.Write(json, record);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        if (body.WrittenCount < PackFromBytes) return body.WrittenSpan.ToArray();

        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(body.WrittenSpan);
        return packed.ToArray();
    }

    /// <exception cref="InvalidDataException">Not what <see cref="Write"/> makes.</exception>
    /// <exception cref="MetadataException">A kind of record that this version does not know.</exception>
    public static (long Version, List<ClusterRecord> Records, string Writer) Read(byte[] value)
    {
        try
        {
            using var document = value is [(byte)'{', ..] ? JsonDocument.Parse(value) : JsonDocument.Parse(Unpack(value));
            var root = document.RootElement;
            return (root.GetProperty("version").GetInt64(), [.. root.GetProperty("records").EnumerateArray().Select(ClusterRecordJson.Read)],
                root.GetProperty("by").GetString() ?? "");
        }
        catch (Exception wrong) when (wrong is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException(wrong.Message);
        }
    }

    private static byte[] Unpack(byte[] value)
    {
        using var gzip = new GZipStream(new MemoryStream(value), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        gzip.CopyTo(unpacked);
        return unpacked.ToArray();
    }
}
