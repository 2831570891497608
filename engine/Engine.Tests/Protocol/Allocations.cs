using Engine.Tests.Allocation;

namespace Engine.Tests.Protocol;

/// <summary>Holds pieces of code to allocating nothing once they are warm.</summary>
internal static class Allocations
{
    public static void AssertNone(Action once) => Assert.Equal(0, new AllocationMeter(warmUp: 50, rounds: 50).Measure(_ => once()));
}
