namespace Harness.Tests.Results;

/// <summary>A folder of one test, gone when the test is.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("testbed-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
