using System.Diagnostics.CodeAnalysis;

namespace Engine.Broker.Partitions;

/// <summary>The partitions that this node holds a replica of, found by the name bytes of a request without making a string.</summary>
/// <remarks>Reads take no lock: each change publishes a new table. Changes are made by one thread at a time.</remarks>
internal sealed class PartitionTable : IDisposable
{
    private volatile Dictionary<string, Partition?[]> _topics = Empty();

    /// <summary>The replica held here, or null.</summary>
    public Partition? Find(ReadOnlySpan<byte> topicUtf8, int partition) =>
        _topics.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(topicUtf8, out var partitions) && (uint)partition < (uint)partitions.Length
            ? partitions[partition] : null;

    public Partition? Find(string topic, int partition) =>
        _topics.TryGetValue(topic, out var partitions) && (uint)partition < (uint)partitions.Length ? partitions[partition] : null;

    /// <summary>A topic's replicas held here by partition number, or null when there is none.</summary>
    public IReadOnlyList<Partition?>? Find(string topic) => _topics.GetValueOrDefault(topic);

    /// <summary>All partitions held here at this moment.</summary>
    public IEnumerable<Partition> All
    {
        get
        {
            foreach (var row in _topics.Values)
            {
                foreach (var partition in row)
                    if (partition is not null) yield return partition;
            }
        }
    }

    /// <summary>Publishes changes made to a copy of the table: topic name to its partitions by number, null where none is held.</summary>
    public void Change(Action<Dictionary<string, Partition?[]>> change)
    {
        var next = new Dictionary<string, Partition?[]>(_topics, NameComparer.Instance);
        change(next);
        _topics = next;
    }

    /// <summary>The node stops: ends what all partitions do.</summary>
    public void Dispose() => Parallel.ForEach(All, partition => partition.Stop());

    private static Dictionary<string, Partition?[]> Empty() => new(NameComparer.Instance);

    /// <summary>Compares names with the bytes of a request. Topic names are ASCII, so a byte is a character.</summary>
    private sealed class NameComparer : IEqualityComparer<string>, IAlternateEqualityComparer<ReadOnlySpan<byte>, string?>
    {
        public static readonly NameComparer Instance = new();

        public bool Equals(string? x, string? y) => string.Equals(x, y, StringComparison.Ordinal);

        public int GetHashCode([DisallowNull] string name)
        {
            var hash = 2166136261u; // FNV-1a: short keys, and the same over characters and bytes
            foreach (var c in name) hash = (hash ^ (byte)c) * 16777619;
            return (int)hash;
        }

        public int GetHashCode(ReadOnlySpan<byte> name)
        {
            var hash = 2166136261u;
            foreach (var c in name) hash = (hash ^ c) * 16777619;
            return (int)hash;
        }

        public bool Equals(ReadOnlySpan<byte> bytes, string? name)
        {
            if (name is null || bytes.Length != name.Length) return false;
            for (var i = 0; i < bytes.Length; i++)
                if (bytes[i] != name[i]) return false;
            return true;
        }

        public string Create(ReadOnlySpan<byte> bytes) => System.Text.Encoding.ASCII.GetString(bytes);
    }
}
