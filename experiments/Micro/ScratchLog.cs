using System.Buffers.Binary;
using Engine.Protocol.Records;
using Engine.Storage;

namespace Micro;

/// <summary>One partition's log in a folder of its own, removed afterwards.</summary>
internal sealed class ScratchLog : IDisposable
{
    private const long SegmentBytes = 1L << 30; // one segment: rolling is not what is measured

    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-micro-").FullName;
    private readonly DataFolder _data;

    /// <summary>Opens an empty log; strategies that are not named are the engine's defaults, but nothing is flushed.</summary>
    public ScratchLog(string? write = null, string? read = null, string? cache = null)
    {
        _data = DataFolder.Open(_folder, nodeId: 1, clusterId: null, StorageStrategies.Create(write, "os-cache", read, cache));
        Log = _data.OpenLog("micro", Guid.NewGuid(), 0, new LogOptions { SegmentBytes = SegmentBytes });
    }

    public PartitionLog Log { get; }

    /// <summary>The file its bytes are in; empty where the write path keeps them elsewhere.</summary>
    public string SegmentPath => Directory.GetFiles(Log.Folder, "*.log") is [var path, ..] ? path : "";

    /// <summary>Appends the batch at the end, its offset patched in as a leader would.</summary>
    public void Append(byte[] batch)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch, Log.EndOffset);
        Log.Append(batch);
    }

    /// <summary>A batch of one record that has exactly this size, its header included.</summary>
    public static byte[] BatchOf(int sizeBytes)
    {
        var builder = new BatchBuilder();
        var batch = new byte[sizeBytes];
        var noise = new byte[sizeBytes];
        new Random(1).NextBytes(noise);
        for (var value = sizeBytes - BatchHeader.Size; value > 0; value--)
        {
            builder.Begin(batch, 0, sizeBytes, baseTimestampMs: 1_700_000_000_000);
            if (!builder.TryAppend(1_700_000_000_000, noise.AsSpan(0, value))) continue;
            return builder.Finish() == sizeBytes ? batch : throw new ArgumentException($"no batch of one record has {sizeBytes} bytes", nameof(sizeBytes));
        }

        throw new ArgumentException($"{sizeBytes} bytes are too few for a batch", nameof(sizeBytes));
    }

    public void Dispose()
    {
        _data.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
