namespace Engine.Storage.Write;

/// <summary>Reserves a growing file's disk blocks ahead of its writer: as much again as it holds, up to a step.</summary>
/// <remarks>Little for small files, since ten thousand logs that each reserve a full step fill a disk with nothing.</remarks>
internal struct Preallocation(SegmentFile file, long position, long stepBytes)
{
    private const long SmallestBytes = 256 << 10;

    private long _coveredBytes = position;
    private long _stepBytes = stepBytes;

    public void Cover(long endBytes)
    {
        if (endBytes <= _coveredBytes || _stepBytes == 0) return;

        var ahead = Math.Min(_stepBytes, Math.Max(SmallestBytes, endBytes));
        var count = endBytes - _coveredBytes + ahead;
        if (file.Calls.Allocate(file.Handle, _coveredBytes, count)) _coveredBytes += count;
        else _stepBytes = 0; // This file system cannot: do not ask again.
    }
}
