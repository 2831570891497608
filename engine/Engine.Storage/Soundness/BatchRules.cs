namespace Engine.Storage.Soundness;

/// <summary>What can be relied on of a log's batches, and so what counts as damage.</summary>
/// <param name="HoldsSoundCrcs">Every batch was appended with a CRC that matches; else a wrong one may be how its producer sent it.</param>
internal readonly record struct BatchRules(bool HoldsSoundCrcs)
{
    public static BatchRules Of(LogOptions options) => new(options.HoldsSoundCrcs);
}
