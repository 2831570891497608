using Harness.Faults;
using Harness.Nodes;

namespace Harness.Tests.Faults;

/// <summary>A test of faults that take more than processes; skipped, with the reason, where the machine does not give it.</summary>
public sealed class FaultsFactAttribute : FactAttribute
{
    public FaultsFactAttribute(FaultNeeds needs) => Skip = FaultGround.WhatIsMissing(needs)!;
}

/// <summary>The same for a test with data.</summary>
public sealed class FaultsTheoryAttribute : TheoryAttribute
{
    public FaultsTheoryAttribute(FaultNeeds needs) => Skip = FaultGround.WhatIsMissing(needs)!;
}

internal static class FaultGround
{
    private const long DiskBytes = 32 << 20;

    private static readonly Dictionary<FaultNeeds, string?> Known = [];
    private static readonly Lock Sync = new();

    /// <summary>Why nodes cannot stand on that here; null when they can.</summary>
    public static string? WhatIsMissing(FaultNeeds needs)
    {
        lock (Sync) return Known.TryGetValue(needs, out var known) ? known : Known[needs] = Task.Run(() => Try(needs)).Result;
    }

    private static async Task<string?> Try(FaultNeeds needs)
    {
        var folder = Directory.CreateTempSubdirectory("testbed-ground-").FullName;
        try
        {
            await using var ground = await NodeGround.Prepare(needs, 1, folder, DiskBytes, Harness.Measures.DataVolume.Of(folder).Device);
            return null;
        }
        catch (NodeFailedException missing)
        {
            return missing.Message;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
