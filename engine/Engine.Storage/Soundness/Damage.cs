namespace Engine.Storage.Soundness;

/// <summary>A stretch of a segment's file that no longer holds the batches that were written there.</summary>
/// <param name="File">The segment's file.</param>
/// <param name="Position">Where the stretch begins in it.</param>
/// <param name="Bytes">How long it is: replicas hold the same batches in as many bytes.</param>
/// <param name="Offset">The offset that its first batch began with.</param>
/// <param name="NextOffset">The offset after its last record.</param>
public sealed record Damage(string File, long Position, long Bytes, long Offset, long NextOffset)
{
    public long End => Position + Bytes;

    public override string ToString() => $"offsets {Offset} to {NextOffset - 1}, {Bytes} bytes at {Position} of {File}";
}

/// <summary>What was to be read is damaged: it is not given out. The rest of the log goes on.</summary>
public sealed class DamagedLogException(Damage damage) : Exception($"damaged: {damage}")
{
    public Damage Damage { get; } = damage;
}
