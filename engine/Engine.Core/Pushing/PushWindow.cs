namespace Engine.Core.Pushing;

/// <summary>Leader's side: how much may be on its way to a follower, or not dealt with by it yet, over all its partitions.</summary>
/// <remarks>A pure state machine; one caller at a time.</remarks>
public sealed class PushWindow
{
    private int _bytes = 1;
    private int _frames = 1;
    private int _frameBytes = 1;
    private long _sentBytes;
    private long _sentFrames;
    private long _takenBytes;
    private long _takenFrames;

    /// <summary>Whether another frame may be sent.</summary>
    public bool HasRoom => _sentFrames - _takenFrames < _frames && _sentBytes - _takenBytes < _bytes;

    /// <summary>Bytes of records that the next frame may carry, where it does not carry one larger batch alone.</summary>
    public int Room => (int)Math.Min(_frameBytes, _bytes - (_sentBytes - _takenBytes));

    /// <summary>The follower says what it allows: at least a byte and a frame, as else nothing would ever be sent.</summary>
    public void Allow(int bytes, int frames, int frameBytes) =>
        (_bytes, _frames, _frameBytes) = (Math.Max(1, bytes), Math.Max(1, frames), Math.Max(1, frameBytes));

    /// <summary>A frame is on its way.</summary>
    public void Sent(int bytes) => (_sentBytes, _sentFrames) = (_sentBytes + bytes, _sentFrames + 1);

    /// <summary>The follower says what it has dealt with from the connection's beginning.</summary>
    public void Taken(long bytes, long frames) => (_takenBytes, _takenFrames) = (bytes, frames);
}
