using System.Runtime.InteropServices;

namespace Micro.Bare;

/// <summary>Free memory that was in use a moment ago.</summary>
/// <remarks>
/// A virtual machine may hand free pages back to its host, and one that comes from there is touched first at a multiple of the cost.
/// Which of two loops gets such pages is luck, unless both begin with enough that were just let go.
/// </remarks>
internal static unsafe class UsedMemory
{
    private const int PageBytes = 4096;

    /// <summary>Touches that much memory and lets it go.</summary>
    public static void Provide(long bytes)
    {
        var memory = (byte*)NativeMemory.Alloc((nuint)bytes);
        for (var at = 0L; at < bytes; at += PageBytes) memory[at] = 1;
        NativeMemory.Free(memory);
    }
}
