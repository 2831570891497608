using Engine.Core.Memory;
using Engine.Protocol.Records;

namespace Engine.Storage.Soundness;

/// <summary>Finds where a segment's file goes on behind a batch whose own length cannot be believed.</summary>
internal static class SoundBatchSearch
{
    private const int ChunkBytes = 256 << 10;
    private const int MagicPosition = 16;

    /// <summary>The first sound batch behind the one that begins at <paramref name="position"/> and is none.</summary>
    /// <param name="file">The segment's file, to which the caller holds a reference.</param>
    /// <param name="position">Where the unsound batch begins.</param>
    /// <param name="end">Where to stop looking.</param>
    /// <param name="above">What is looked for begins with an offset above this one,</param>
    /// <param name="below">and below this one.</param>
    /// <returns>Null when there is none before the end.</returns>
    public static LogPosition? After(SegmentFile file, long position, long end, long above, long below)
    {
        using var block = BlockPool.Shared.Rent(ChunkBytes);
        // Most often the length is right after all. Asked first, as a batch may hold another one in a record.
        if (position + BatchHeader.Size <= end)
        {
            file.ReadExactly(position, block.Bytes.AsSpan(0, BatchHeader.Size));
            var size = new BatchHeader(block.Bytes).SizeBytes;
            if (size >= BatchHeader.Size && IsSoundAt(position + size) is { } next) return next;
        }

        for (var start = position + 1; start + BatchHeader.Size <= end;)
        {
            var bytes = block.Bytes.AsSpan(0, (int)Math.Min(ChunkBytes, end - start));
            file.ReadExactly(start, bytes);
            var last = bytes.Length - BatchHeader.Size; // The last place in these bytes where a header can begin.
            for (var at = 0; at <= last; at++)
            {
                var skip = bytes[(at + MagicPosition)..].IndexOf((byte)2);
                if (skip < 0) break;
                at += skip;
                if (at <= last && new BatchHeader(bytes[at..]).BaseOffset is var offset && offset > above && offset < below
                    && IsSoundAt(start + at) is { } found) return found;
            }

            start += last + 1;
        }

        return null;

        LogPosition? IsSoundAt(long candidate)
        {
            using var walk = new BatchWalk(file, candidate, end, nextOffset: -1, limitOffset: long.MaxValue);
            return walk.MoveNext() && walk.Current.Offset > above && walk.Current.Offset < below ? walk.Current : null;
        }
    }
}
