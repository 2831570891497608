using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Engine.Broker.Metadata;

/// <summary>Up to which version each node of a cluster on one machine has acted: eight bytes in a file per node.</summary>
/// <remarks>A hint for those who wait, so it is never flushed: a node that starts again writes it anew.</remarks>
internal sealed class SeenVersions : IDisposable
{
    private const string Suffix = ".seen";

    private readonly string _folder;
    private readonly SafeFileHandle _own;
    private long _lastWritten = -1;

    public SeenVersions(string folder, int nodeId)
    {
        _folder = folder;
        _own = File.OpenHandle(PathOf(nodeId), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        Write(0); // what an earlier run has seen says nothing of this one
    }

    public static bool IsOne(string fileName) => fileName.EndsWith(Suffix, StringComparison.Ordinal);

    /// <summary>This node has acted on everything up to <paramref name="version"/>. One thread only.</summary>
    public void Write(long version)
    {
        if (version == _lastWritten) return;

        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, version);
        RandomAccess.Write(_own, bytes, 0);
        _lastWritten = version;
    }

    /// <summary>What another node has acted on; 0 when it has said nothing.</summary>
    public long Read(int nodeId)
    {
        try
        {
            using var file = File.OpenHandle(PathOf(nodeId), share: FileShare.ReadWrite);
            Span<byte> bytes = stackalloc byte[sizeof(long)];
            return RandomAccess.Read(file, bytes, 0) == bytes.Length ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : 0;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }

    public void Dispose() => _own.Dispose();

    private string PathOf(int nodeId) => Path.Combine(_folder, $"node-{nodeId}{Suffix}");
}
