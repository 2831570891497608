namespace Engine.Tests.Protocol;

/// <summary>Counts what a piece of code allocates once it is warm.</summary>
internal static class Allocations
{
    public static void AssertNone(Action once)
    {
        for (var i = 0; i < 50; i++) once();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 50; i++) once();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
