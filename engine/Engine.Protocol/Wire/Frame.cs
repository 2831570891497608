namespace Engine.Protocol.Wire;

/// <summary>The four bytes before every request and response that say how many follow.</summary>
public static class Frame
{
    /// <summary>Size of the length prefix, which does not count itself.</summary>
    public const int PrefixBytes = 4;

    /// <summary>Leaves room for the length and returns its place, for <see cref="End"/>.</summary>
    public static int Begin(ref WireWriter writer)
    {
        var start = writer.Position;
        writer.WriteInt32(0);
        return start;
    }

    /// <summary>Fills in the length of everything written since <see cref="Begin"/>.</summary>
    /// <param name="writer">The writer that the frame began in.</param>
    /// <param name="start">What <see cref="Begin"/> returned.</param>
    /// <param name="sentOtherwise">Bytes of the frame that never pass through the buffer: records sent from
    /// elsewhere.</param>
    public static void End(ref WireWriter writer, int start, int sentOtherwise = 0) =>
        writer.PatchInt32(start, checked(writer.Position - start - PrefixBytes + sentOtherwise));
}
