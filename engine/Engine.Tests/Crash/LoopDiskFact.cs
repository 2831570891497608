using System.ComponentModel;
using Engine.Tests.Interop.Clients;

namespace Engine.Tests.Crash;

/// <summary>A test that takes the power from a disk; skipped, with the reason, where that cannot be done.</summary>
public sealed class LoopDiskFactAttribute : FactAttribute
{
    public LoopDiskFactAttribute(params ClientTool[] tools) => Skip = (LoopDiskNeeds.WhatIsMissing ?? ClientTools.WhatIsMissing(tools))!;
}

/// <summary>The same for a test with data.</summary>
public sealed class LoopDiskTheoryAttribute : TheoryAttribute
{
    public LoopDiskTheoryAttribute(params ClientTool[] tools) => Skip = (LoopDiskNeeds.WhatIsMissing ?? ClientTools.WhatIsMissing(tools))!;
}

internal static class LoopDiskNeeds
{
    private static readonly Lazy<string?> Missing = new(Try);

    /// <summary>Why there can be no <see cref="LoopDisk"/> here; null when there can.</summary>
    public static string? WhatIsMissing => Missing.Value;

    private static string? Try()
    {
        if (Environment.UserName != "root") return "only root may mount a loop device and shut its file system down";
        try
        {
            using var disk = new LoopDisk(megabytes: 16);
            disk.CutPower();
            disk.RestorePower();
            return null;
        }
        catch (Exception refused) when (refused is Win32Exception or IOException or Xunit.Sdk.XunitException)
        {
            return $"no loop disk can be made here: {refused.Message}";
        }
    }
}
