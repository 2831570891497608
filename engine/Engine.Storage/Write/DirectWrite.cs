using System.Runtime.InteropServices;
using Engine.Core.Strategies;
using Engine.Storage.Native;

namespace Engine.Storage.Write;

/// <summary>O_DIRECT writes of aligned blocks, up to <c>depth</c> of them in flight at once, past the page cache.</summary>
/// <remarks>
/// The disk fetches the bytes itself: writing costs a fraction of pwrite's processor time and dirties no pages, so that the kernel never
/// stops the writer for them. Readers of the tail find it on disk instead of in memory. Written is not durable: the disk's own cache
/// still wants a flush.
/// <para>
/// Where acknowledgements wait for a flush (<c>group-commit</c>), full blocks are under way while the next ones fill, across appends,
/// and the flush waits for them. Under other flush policies an append waits for its own writes: one for up to two blocks,
/// several at once for more, so that copying the next goes on beside them. Smaller pieces only cost completions. The last 4 KiB are written again as they fill, their rest zeros; the file is longer than what was written
/// by up to <c>preallocate</c> where several are under way, as only writes within a file's length go in parallel; one at a time costs less
/// where it makes the file longer itself, since a reserved block is first marked as unwritten. Closing the segment and recovery trim it.
/// </para>
/// </remarks>
internal sealed class DirectWrite(int blockBytes, int depth, long preallocateBytes) : IWritePath
{
    private readonly Stack<DirectBlocks> _idle = new();

    public static IWritePath Create(StrategySpec spec) => new DirectWrite(
        blockBytes: (int)Math.Clamp(spec.Bytes("block", 256 << 10), DirectBlocks.Alignment, 4 << 20) / DirectBlocks.Alignment * DirectBlocks.Alignment,
        depth: Math.Min(spec.Count("depth", 4), 64),
        preallocateBytes: spec.Bytes("preallocate", 16 << 20));

    public ISegmentWriter Open(SegmentFile file, long position) => new DirectWriter(file, position, preallocateBytes, this);

    public unsafe void Verify(string folder)
    {
        // Newer kernels accept O_DIRECT there, and write to memory all the same.
        if (FileCalls.FileSystem(folder) == Libc.Tmpfs) throw Refusal(folder, null);

        var probe = Path.Combine(folder, "direct-probe.tmp");
        var block = NativeMemory.AlignedAlloc(DirectBlocks.Alignment, DirectBlocks.Alignment);
        try
        {
            File.WriteAllBytes(probe, []);
            using var file = FileCalls.Open(probe, Libc.ReadWrite | Libc.Direct);
            FileCalls.Kernel.Write(file, new ReadOnlySpan<byte>(block, DirectBlocks.Alignment), 0);
        }
        catch (IOException refused) when (refused.HResult == Libc.Invalid)
        {
            throw Refusal(folder, refused);
        }
        finally
        {
            NativeMemory.AlignedFree(block);
            File.Delete(probe);
        }
    }

    /// <summary>Blocks to fill and write, given back with nothing in flight. As many as there are logs written at one moment.</summary>
    /// <param name="mayHold">Whether they are to be filled by several appends; the same for all logs of a node.</param>
    public DirectBlocks Rent(bool mayHold)
    {
        lock (_idle)
        {
            if (_idle.TryPop(out var idle)) return idle;
        }

        return new DirectBlocks(mayHold ? blockBytes : blockBytes * 2, depth);
    }

    public void Return(DirectBlocks blocks)
    {
        lock (_idle) _idle.Push(blocks);
    }

    private static DataFolderException Refusal(string folder, Exception? cause)
    {
        const string advice = "choose write=pagecache or a folder on a disk.";
        var line = $"the file system of {folder} does not take O_DIRECT past the page cache, which write=direct needs: {advice}";
        return cause is null ? new DataFolderException(line) : new DataFolderException(line, cause);
    }
}
