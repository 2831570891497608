using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Engine.Broker.Metadata.Etcd;

/// <summary>Several operations that happen together or, where a condition does not hold, not at all.</summary>
internal sealed class EtcdTransaction
{
    private readonly List<Action<Utf8JsonWriter>> _conditions = [];
    private readonly List<Action<Utf8JsonWriter>> _operations = [];

    /// <summary>Only if the key was last changed at this revision.</summary>
    public EtcdTransaction IfUnchangedSince(string key, long revision) => If(key, "MOD", "mod_revision", revision);

    /// <summary>Only if this is still so.</summary>
    public EtcdTransaction If(EtcdProof proof) => IfUnchangedSince(proof.Key, proof.Revision);

    /// <summary>Only if there is no such key.</summary>
    public EtcdTransaction IfAbsent(string key) => If(key, "CREATE", "create_revision", 0);

    /// <param name="lease">The key goes when this lease ends; 0: it stays.</param>
    public EtcdTransaction Put(string key, ReadOnlyMemory<byte> value, long lease = 0) => Do("request_put", json =>
    {
        json.WriteBase64String("key", Encoding.UTF8.GetBytes(key));
        json.WriteBase64String("value", value.Span);
        if (lease != 0) json.WriteString("lease", Text(lease));
    });

    /// <summary>The keys from <paramref name="key"/> up to, not including, <paramref name="end"/>; without an end that one key.</summary>
    /// <param name="limit">0: all.</param>
    public EtcdTransaction Range(string key, string? end = null, int limit = 0) => Do("request_range", json =>
    {
        Span(json, key, end);
        if (limit > 0) json.WriteString("limit", Text(limit));
    });

    public EtcdTransaction Delete(string key, string end) => Do("request_delete_range", json => Span(json, key, end));

    /// <exception cref="EtcdUnreachableException">Nobody answered in time. It may have been carried out.</exception>
    public EtcdAnswer Send(EtcdClient client, TimeSpan patience)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            Write(json, "compare", _conditions);
            Write(json, "success", _operations);
            json.WriteEndObject();
        }

        return new EtcdAnswer(client.Call("v3/kv/txn", body.WrittenMemory, patience));
    }

    /// <summary>What follows all keys that begin with <paramref name="prefix"/>, which ends in a slash.</summary>
    public static string EndOf(string prefix) => prefix[..^1] + (char)('/' + 1);

    private EtcdTransaction If(string key, string target, string field, long revision)
    {
        _conditions.Add(json =>
        {
            json.WriteString("target", target);
            json.WriteString("result", "EQUAL");
            json.WriteBase64String("key", Encoding.UTF8.GetBytes(key));
            json.WriteString(field, Text(revision));
        });
        return this;
    }

    private EtcdTransaction Do(string kind, Action<Utf8JsonWriter> content)
    {
        _operations.Add(json =>
        {
            json.WriteStartObject(kind);
            content(json);
            json.WriteEndObject();
        });
        return this;
    }

    private static void Span(Utf8JsonWriter json, string key, string? end)
    {
        json.WriteBase64String("key", Encoding.UTF8.GetBytes(key));
        if (end is not null) json.WriteBase64String("range_end", Encoding.UTF8.GetBytes(end));
    }

    private static void Write(Utf8JsonWriter json, string name, List<Action<Utf8JsonWriter>> items)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            item(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What was read, and what was decided depends on.</summary>
/// <param name="Key">The key.</param>
/// <param name="Revision">When it was last changed; 0: there is none.</param>
internal readonly record struct EtcdProof(string Key, long Revision);

/// <summary>What a transaction came to.</summary>
internal sealed class EtcdAnswer(JsonElement json)
{
    /// <summary>Whether its conditions held.</summary>
    public bool Succeeded => json.TryGetProperty("succeeded", out var yes) && yes.GetBoolean();

    /// <summary>The revision of everything when it was answered.</summary>
    public long Revision => EtcdKey.Number(json.GetProperty("header"), "revision");

    /// <summary>What the operation of this place among the transaction's found, in order of the keys.</summary>
    public List<EtcdKey> Range(int operation)
    {
        var found = json.GetProperty("responses")[operation].GetProperty("response_range");
        return found.TryGetProperty("kvs", out var keys) ? [.. keys.EnumerateArray().Select(EtcdKey.Read)] : [];
    }
}

/// <summary>A key with what etcd knows of it.</summary>
/// <param name="Revision">When it was last changed.</param>
/// <param name="Lease">With which it goes; 0 for none.</param>
internal sealed record EtcdKey(string Name, byte[] Value, long Revision, long Lease)
{
    public string Text => Encoding.UTF8.GetString(Value);

    /// <summary>What follows the last slash.</summary>
    public string LastPart => Name[(Name.LastIndexOf('/') + 1)..];

    public static EtcdKey Read(JsonElement json) => new(
        Encoding.UTF8.GetString(json.GetProperty("key").GetBytesFromBase64()),
        json.TryGetProperty("value", out var value) ? value.GetBytesFromBase64() : [],
        Number(json, "mod_revision"), Number(json, "lease"));

    public static long Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out var number) ? long.Parse(number.GetString()!, CultureInfo.InvariantCulture) : 0;
}
