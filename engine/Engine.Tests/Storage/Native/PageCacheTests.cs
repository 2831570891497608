using Engine.Storage.Native;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Storage.Native;

/// <summary>The kernel's own answers. Dropped pages count only where dropping works, which a read that may not wait tells.</summary>
public sealed class PageCacheTests : IDisposable
{
    private const int FileBytes = 4 << 20;

    private readonly TemporaryFolder _folder = new();
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _file;

    public PageCacheTests()
    {
        _file = File.OpenHandle(_folder.File("bytes"), FileMode.CreateNew, FileAccess.ReadWrite);
        RandomAccess.Write(_file, new byte[FileBytes], 0);
        FileCalls.Kernel.SyncData(_file);
    }

    public void Dispose()
    {
        _file.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(0, FileBytes)]
    [InlineData(5, 1)]
    [InlineData(4095, 2)]
    [InlineData(1_000_001, 2_000_003)]
    [InlineData(FileBytes - 1, 1)]
    public void Holds_WhatWasJustWritten(long position, long count)
    {
        RandomAccess.Write(_file, new byte[FileBytes], 0); // dirty pages stay; clean ones the kernel may take back at any moment

        Assert.True(PageCache.Holds(_file, position, count, filled: false));
        Assert.True(PageCache.Holds(_file, position, count, filled: true));
    }

    [Fact]
    public void Holds_WhatWasDropped_OnlyOnceItIsReadAgain()
    {
        const int Position = 1 << 20, Count = 300_000;
        FileCalls.Kernel.DropCached(_file, FileBytes);
        if (PageCache.Read(_file, new byte[1], FileBytes / 2) != PageCache.NotThere) return; // a file system that is memory itself

        Assert.False(PageCache.Holds(_file, Position, Count, filled: false));
        Assert.False(PageCache.Holds(_file, Position, Count, filled: true));

        // Clean pages may be taken back before they are asked for: not each time, though.
        Assert.Contains(true, Enumerable.Range(0, 20).Select(_ =>
        {
            PageCache.BringIn(_file, Position, Count);
            Assert.Equal(Count, RandomAccess.Read(_file, new byte[Count], Position));
            return PageCache.Holds(_file, Position, Count, filled: true);
        }));

        // One page short of the range is not the range.
        Assert.False(PageCache.Holds(_file, Position, FileBytes - Position, filled: false));
    }

    [Fact]
    public void Read_WhatIsThere_IsWholeAndRight()
    {
        RandomAccess.Write(_file, [1, 2, 3], 100);
        var bytes = new byte[5];
        var read = PageCache.Read(_file, bytes, 99);

        if (read == PageCache.CannotTell) return; // then callers read as ever
        Assert.Equal(5, read);
        Assert.Equal([0, 1, 2, 3, 0], bytes);
        Assert.Equal(0, PageCache.Read(_file, bytes, FileBytes));
    }
}
