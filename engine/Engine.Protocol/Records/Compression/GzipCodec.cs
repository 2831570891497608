using System.IO.Compression;
using Engine.Core.Memory;

namespace Engine.Protocol.Records.Compression;

/// <summary>gzip (RFC 1952), by .NET's own decoder.</summary>
/// <remarks>That decoder reads streams and cannot be reused, so each batch costs a few small objects: the one codec that allocates.</remarks>
internal static class GzipCodec
{
    public static UnpackOutcome Unpack(ReadOnlySpan<byte> packed, Span<byte> into, out int length)
    {
        length = 0;
        using var copy = BlockPool.Shared.Rent(packed.Length);
        packed.CopyTo(copy.Bytes);
        using var stream = new GZipStream(new MemoryStream(copy.Bytes, 0, packed.Length, writable: false), CompressionMode.Decompress);
        try
        {
            while (length < into.Length)
            {
                var read = stream.Read(into[length..]);
                if (read == 0) return UnpackOutcome.Done;
                length += read;
            }

            return stream.ReadByte() < 0 ? UnpackOutcome.Done : UnpackOutcome.TooLarge;
        }
        catch (InvalidDataException)
        {
            return UnpackOutcome.Malformed;
        }
    }
}
