namespace Harness.Load.Producing;

/// <summary>Under which id and epoch a producer numbers its batches; <see cref="None"/> when it does not.</summary>
internal readonly record struct ProducerIdentity(long Id, short Epoch)
{
    public static readonly ProducerIdentity None = new(-1, -1);

    /// <summary>The sequence number of a record counted from the one with sequence 0; after 2^31 - 1 comes 0 again.</summary>
    public int Sequence(long number) => this == None ? -1 : (int)(number & int.MaxValue);
}
