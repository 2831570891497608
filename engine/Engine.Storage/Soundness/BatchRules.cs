namespace Engine.Storage.Soundness;

/// <summary>What can be relied on of a log's batches, and so what counts as damage.</summary>
/// <param name="HoldsSoundCrcs">Every batch was appended with a CRC that matches; else a wrong one may be how its producer sent it.</param>
/// <param name="HasGaps">Offsets may be missing between batches, as compaction leaves them.</param>
internal readonly record struct BatchRules(bool HoldsSoundCrcs, bool HasGaps)
{
    public static BatchRules Of(LogOptions options) => new(options.HoldsSoundCrcs, HasGaps: false);

    /// <summary>Whether a batch with this base offset can follow one after which <paramref name="nextOffset"/> was due.</summary>
    public bool Follows(long baseOffset, long nextOffset) => HasGaps ? baseOffset >= nextOffset : baseOffset == nextOffset;
}
