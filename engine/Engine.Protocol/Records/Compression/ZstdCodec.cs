using System.Runtime.InteropServices;

namespace Engine.Protocol.Records.Compression;

/// <summary>Zstandard (RFC 8878) by the system's libzstd, as .NET 10 has no decoder of its own. Where the library is missing:
/// <see cref="UnpackOutcome.Unsupported"/>.</summary>
internal static unsafe partial class ZstdCodec
{
    private const string Library = "libzstd.so.1";

    private const int DestinationTooSmall = 70; // ZSTD_error_dstSize_tooSmall, stable since 1.3.1

    // Making a context costs more than unpacking a small batch, so they are kept: as many as were ever in use at once.
    private static readonly Stack<nint> Contexts = new();

    /// <summary>Whether this machine has the library.</summary>
    public static bool IsPresent { get; } = NativeLibrary.TryLoad(Library, typeof(ZstdCodec).Assembly, searchPath: null, out _);

    public static UnpackOutcome Unpack(ReadOnlySpan<byte> packed, Span<byte> into, out int length)
    {
        length = 0;
        if (!IsPresent) return UnpackOutcome.Unsupported;

        nint context;
        lock (Contexts) Contexts.TryPop(out context);
        if (context == 0 && (context = CreateContext()) == 0) throw new InsufficientMemoryException("libzstd has no memory for a context");

        nuint result;
        fixed (byte* source = packed, target = into)
            result = Decompress(context, target, (nuint)into.Length, source, (nuint)packed.Length);
        lock (Contexts) Contexts.Push(context);

        if (IsError(result) != 0) return ErrorOf(result) == DestinationTooSmall ? UnpackOutcome.TooLarge : UnpackOutcome.Malformed;
        length = (int)result;
        return UnpackOutcome.Done;
    }

    [LibraryImport(Library, EntryPoint = "ZSTD_createDCtx")]
    private static partial nint CreateContext();

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressDCtx")]
    private static partial nuint Decompress(nint context, byte* target, nuint capacity, byte* source, nuint size);

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    private static partial uint IsError(nuint result);

    [LibraryImport(Library, EntryPoint = "ZSTD_getErrorCode")]
    private static partial int ErrorOf(nuint result);
}
