namespace Engine.Storage.Write;

/// <summary>Reserves a growing file's disk blocks a step ahead of its writer.</summary>
internal struct Preallocation(SegmentFile file, long position, long stepBytes)
{
    private long _coveredBytes = position;
    private long _stepBytes = stepBytes;

    public void Cover(long endBytes)
    {
        if (endBytes <= _coveredBytes || _stepBytes == 0) return;

        var count = Math.Max(_stepBytes, endBytes - _coveredBytes);
        if (file.Calls.Allocate(file.Handle, _coveredBytes, count)) _coveredBytes += count;
        else _stepBytes = 0; // This file system cannot: do not ask again.
    }
}
