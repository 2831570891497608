namespace Harness.Tests;

/// <summary>Tests that look at the whole process, or take hold of what it has one of, run while no others do.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
