using Engine.Storage;

namespace Engine.Tests.Storage;

public class BoundaryMarksTests
{
    private const long Base = 5_000_000_000;

    [Fact]
    public void TryGet_MarkJustAdded_IsWhereItWasSeen()
    {
        var marks = new BoundaryMarks(Base);
        for (var i = 1; i <= 1000; i++)
        {
            marks.Add(Base + i, i * 4096L);

            Assert.True(marks.TryGet(Base + i, out var boundary));
            Assert.Equal(new LogPosition(Base + i, i * 4096L), boundary);
        }
    }

    [Theory]
    [InlineData(Base)]
    [InlineData(Base - 1)]
    [InlineData(Base + 8)]
    [InlineData(Base + (1L << 32) + 7)]
    [InlineData(long.MaxValue)]
    public void TryGet_OtherOffset_IsNotFound(long offset)
    {
        var marks = new BoundaryMarks(Base);
        marks.Add(Base + 7, 4096);

        Assert.False(marks.TryGet(offset, out _));
    }

    [Fact]
    public void Add_BeyondWhatAMarkCanHold_IsLeftOut()
    {
        var marks = new BoundaryMarks(Base);
        marks.Add(Base, 0);
        marks.Add(Base + 1, int.MaxValue + 1L);
        marks.Add(Base + (1L << 31), 4096);

        foreach (var offset in (long[])[Base, Base + 1, Base + (1L << 31)]) Assert.False(marks.TryGet(offset, out _));
    }

    [Fact]
    public async Task TryGet_WhileOthersMark_NeverMixesTwo()
    {
        var marks = new BoundaryMarks(Base);
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 2).Select(writer => Task.Run(() =>
        {
            for (var i = 1; !stop.IsCancellationRequested; i = i % 100_000 + 1) marks.Add(Base + i * 2 + writer, (i * 2 + writer) * 7L);
        })).ToArray();

        for (var i = 0; i < 2_000_000; i++)
        {
            var offset = Base + 2 + i % 200_000;
            if (marks.TryGet(offset, out var boundary)) Assert.Equal((offset - Base) * 7, boundary.Bytes);
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);
    }
}
