using Harness.Measures;

namespace Harness.Tests.Measures;

[Collection(nameof(Alone))]
public sealed class OpenFilesTests
{
    private const int Many = 500;

    [Fact]
    public void Of_ThisProcess_GrowsByWhatItOpens()
    {
        var before = OpenFiles.Of([Environment.ProcessId]);
        var files = Enumerable.Range(0, Many).Select(_ => new FileStream("/dev/null", FileMode.Open, FileAccess.Read)).ToList();
        var after = OpenFiles.Of([Environment.ProcessId]);
        foreach (var file in files) file.Dispose();

        // What else runs in this process opens and closes a few meanwhile.
        Assert.InRange((after - before)!.Value, Many - 100, Many + 100);
    }

    [Fact]
    public void Of_AProcessThatIsGone_IsNotKnown() => Assert.Null(OpenFiles.Of([Environment.ProcessId, int.MaxValue]));
}
