using Engine.Storage;

namespace Engine.Tests.Storage;

public sealed class RecentBoundariesTests
{
    [Fact]
    public void TryFloor_AnyKey_FindsTheBoundaryOrKnowsItIsTooOld()
    {
        var recent = new RecentBoundaries(new LogPosition(0, 0));
        for (var i = 1; i <= 3000; i++)
        {
            recent = recent.WithRoom();
            recent.Add(new LogPosition(i * 3, i * 100));
            Assert.True(recent.TryFloorOffset(Math.Max(0, (i - 400) * 3), out var early));
            Assert.Equal(Math.Max(0, i - 400) * 100, early.Bytes);
        }

        var found = 0;
        for (var offset = 0; offset < 9000; offset++)
        {
            if (!recent.TryFloorOffset(offset, out var boundary)) continue;
            Assert.Equal(new LogPosition(offset / 3 * 3, offset / 3 * 100), boundary);
            Assert.True(recent.TryFloorPosition(boundary.Bytes + 99, out var same));
            Assert.Equal(boundary, same);
            found++;
        }

        Assert.InRange(found, 400 * 3, 512 * 3);
        Assert.False(recent.TryFloorOffset(0, out _));
    }

    [Fact]
    public async Task TryFloor_WhileItGrows_NeverReturnsAMixture()
    {
        var recent = new RecentBoundaries(new LogPosition(0, 0));
        const int Boundaries = 2_000_000;
        for (var i = 1L; i <= 512; i++)
        {
            recent = recent.WithRoom();
            recent.Add(new LogPosition(i * 3, i * 100));
        }

        var reader = Task.Run(() =>
        {
            var (newest, found) = (0L, 0);
            while (newest < Boundaries * 3L)
            {
                Assert.True(recent.TryFloorOffset(long.MaxValue, out var last));
                Assert.True(last.Offset >= newest);
                newest = last.Offset;
                if (!recent.TryFloorOffset(newest - 1000, out var boundary)) continue;
                Assert.Equal(boundary.Offset / 3 * 100, boundary.Bytes);
                Assert.Equal((newest - 1000) / 3 * 3, boundary.Offset);
                found++;
            }

            return found;
        });
        for (var i = 513L; i <= Boundaries; i++) recent.Add(new LogPosition(i * 3, i * 100));

        Assert.True(await reader > 0);
    }
}
