using Harness.Results;

namespace Harness.Tests.Results;

/// <summary>A bare sound run to vary with <c>with</c>.</summary>
internal static class Run
{
    public static RunRow Of(string cell, int repeat) => new()
    {
        Cell = cell,
        Label = cell,
        Repeat = repeat,
        Axes = new Dictionary<string, string>(),
        System = "synthetic",
        Durability = "acks=all",
        Started = DateTimeOffset.UnixEpoch,
        MeasuredSeconds = 10,
        Sound = true,
    };
}
