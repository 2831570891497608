namespace Engine.Storage;

/// <summary>Batch boundaries that earlier reads of a segment came upon: a consumer goes on where it stopped.</summary>
/// <remarks>
/// Saves a sequential reader of small batches the look at headers that it would need between two entries of the sparse index. Any number
/// of threads without locks: a mark is one word, and the last one written to its place stays. Boundaries of a segment never move.
/// </remarks>
internal sealed class BoundaryMarks(long baseOffset)
{
    private const int SlotBits = 3; // As many consumers at once, about, as go on undisturbed.

    // Relative offset in the upper half, position in the lower; 0, a segment's begin, needs no mark and stands for none.
    private readonly long[] _slots = new long[1 << SlotBits];

    public void Add(long offset, long position)
    {
        if (offset - baseOffset is > 0 and <= int.MaxValue and var relative && position <= int.MaxValue)
            Volatile.Write(ref _slots[Slot(relative)], relative << 32 | position);
    }

    /// <summary>Where the batch with this base offset begins, or where the segment ends with it as the next offset.</summary>
    public bool TryGet(long offset, out LogPosition boundary)
    {
        var relative = offset - baseOffset;
        var mark = relative is > 0 and <= int.MaxValue ? Volatile.Read(ref _slots[Slot(relative)]) : 0;
        boundary = new LogPosition(offset, mark & int.MaxValue);
        return mark != 0 && mark >> 32 == relative;
    }

    // The golden ratio spreads steps of any length. Source: Knuth, The Art of Computer Programming, 6.4.
    private static int Slot(long relative) => (int)((uint)relative * 2654435769u >> (32 - SlotBits));
}
