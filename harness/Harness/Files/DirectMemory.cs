using System.Runtime.InteropServices;

namespace Harness.Files;

/// <summary>Memory outside the collector's, aligned as O_DIRECT wants it, so that every way through a file has the same.</summary>
internal sealed unsafe class DirectMemory : IDisposable
{
    /// <summary>What O_DIRECT wants addresses, positions and lengths to be multiples of; suits every disk sold. Source: open(2).</summary>
    public const int Alignment = 4096;

    public DirectMemory(long bytes, ulong seed)
    {
        LengthBytes = bytes;
        Start = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
        // Noise: a disk that compresses or drops zeros would look faster than it is. Touched, so that no page is new later.
        var random = new Random((int)seed);
        for (var done = 0L; done < bytes; done += 1 << 20) random.NextBytes(new Span<byte>(Start + done, (int)Math.Min(1 << 20, bytes - done)));
    }

    public byte* Start { get; }

    public long LengthBytes { get; }

    public void Dispose() => NativeMemory.AlignedFree(Start);
}
