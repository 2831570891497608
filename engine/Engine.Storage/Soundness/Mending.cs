using Engine.Protocol.Records;
using Engine.Storage.Native;

namespace Engine.Storage.Soundness;

/// <summary>Puts a replica's batches where a log's own are damaged. Below the high watermark replicas are alike, byte for byte.</summary>
internal static class Mending
{
    /// <summary>Whether these are sound batches of just the damage's offsets, in as many bytes.</summary>
    public static bool Fits(Damage damage, ReadOnlySpan<byte> batches)
    {
        if (batches.Length != damage.Bytes) return false;

        var next = damage.Offset;
        while (BatchCheck.SoundBatchBytes(batches) is > 0 and var size)
        {
            var header = new BatchHeader(batches);
            if (header.BaseOffset < next) return false;
            next = header.NextOffset;
            batches = batches[size..];
        }

        return batches.IsEmpty && next == damage.NextOffset;
    }

    /// <exception cref="IOException">They may not be durable.</exception>
    public static void Overwrite(Segment segment, Damage damage, ReadOnlySpan<byte> batches, FileCalls calls)
    {
        using var use = segment.File.Refer();
        // With flushes kept out: the kernel tells a write error to one fdatasync only.
        lock (segment.Syncing)
        {
            calls.Write(segment.File.Handle, batches, damage.Position);
            calls.SyncData(segment.File.Handle);
        }
    }
}
