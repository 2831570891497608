using Engine.Core.Pushing;

namespace Engine.Tests.Core.Pushing;

public sealed class PushWindowTests
{
    private readonly PushWindow _window = new();

    [Theory]
    [InlineData(1000, 2, 400, 400)]
    [InlineData(500, 10, 400, 250)]
    public void Room_UsedUpInBytesOrFrames_OpensWithWhatIsTaken(int bytes, int frames, int frameBytes, int roomAfterOne)
    {
        _window.Allow(bytes, frames, frameBytes);
        Assert.Equal((true, 400), (_window.HasRoom, _window.Room));
        _window.Sent(250);
        Assert.Equal((true, roomAfterOne), (_window.HasRoom, _window.Room));
        _window.Sent(250);
        Assert.False(_window.HasRoom);

        _window.Taken(250, 1);
        Assert.True(_window.HasRoom);
    }

    /// <summary>Else a follower that is wrong about itself would never be sent anything.</summary>
    [Fact]
    public void Allow_Nothing_IsOneFrameOfAByte()
    {
        _window.Allow(0, -5, 0);
        Assert.Equal((true, 1), (_window.HasRoom, _window.Room));
        _window.Sent(0);
        Assert.False(_window.HasRoom);
    }
}
