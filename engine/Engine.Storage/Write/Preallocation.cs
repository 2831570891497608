namespace Engine.Storage.Write;

/// <summary>Reserves a growing file's disk blocks ahead of its writer: as much again as it holds, up to a step.</summary>
/// <param name="file">The file.</param>
/// <param name="position">Where its written part ends.</param>
/// <param name="stepBytes">The most to reserve at a time; 0: nothing.</param>
/// <param name="extends">Make what is reserved part of the file, as zeros, instead of leaving its length as it is.</param>
/// <remarks>Little for small files, since ten thousand logs that each reserve a full step fill a disk with nothing.</remarks>
internal struct Preallocation(SegmentFile file, long position, long stepBytes, bool extends = false)
{
    private const long SmallestBytes = 256 << 10;

    private long _coveredBytes = position;
    private long _stepBytes = stepBytes;

    public void Cover(long endBytes)
    {
        if (endBytes <= _coveredBytes || _stepBytes == 0) return;

        var ahead = Math.Min(_stepBytes, Math.Max(SmallestBytes, endBytes));
        var count = endBytes - _coveredBytes + ahead;
        if (file.Calls.Allocate(file.Handle, _coveredBytes, count, extends)) _coveredBytes += count;
        else _stepBytes = 0; // This file system cannot: do not ask again.
    }
}
